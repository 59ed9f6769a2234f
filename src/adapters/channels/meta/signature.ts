import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from '#src/ports/channel.ts';

const signed = /^sha256=([0-9a-f]{64})$/;

/**
 * Whether Meta signed these bytes: `X-Hub-Signature-256` is the HMAC-SHA256 of the body as it arrived, in lower-case hexadecimal.
 * Never throws. Parsed and written anew the body would be another one: Meta escapes what is not ASCII.
 * (https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads)
 */
export function hasMetaSignature({ headers, rawBody }: WebhookRequest, key: KeyObject): boolean {
  const header = headers['x-hub-signature-256'];
  if (typeof header !== 'string' || !(rawBody instanceof Uint8Array)) return false;
  const given = signed.exec(header)?.[1];
  if (given === undefined) return false;
  const expected = createHmac('sha256', key).update(rawBody).digest();
  return timingSafeEqual(Buffer.from(given, 'hex'), expected);
}
