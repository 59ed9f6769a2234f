import twilio from 'twilio';
import type { WebhookRequest } from '#src/ports/channel.ts';

/** A real webhook has some thirty parameters; every one is sorted and hashed, up to six times over, before a forgery is found out. */
const maxParams = 1000;

/**
 * Whether Twilio signed this form. Never throws. JSON webhooks (`bodySHA256` in the address) are not used for messages and are
 * refused: their signature covers the raw bytes, which are gone here.
 */
export function hasTwilioSignature(request: WebhookRequest, authToken: string): boolean {
  const signature = request.headers['x-twilio-signature'];
  // An empty token would make anybody's signature good.
  if (typeof signature !== 'string' || signature === '' || authToken === '') return false;
  if (request.url.includes('bodySHA256')) return false;
  const body: unknown = request.body;
  if (!isForm(body)) return false;
  try {
    return twilio.validateRequest(authToken, signature, request.url, body);
  } catch {
    // It throws on addresses that are not absolute: what cannot be verified is not authentic.
    return false;
  }
}

function isForm(body: unknown): body is Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  const values = Object.values(body);
  // Nested values would be hashed as "[object Object]", the same for any content.
  return (
    values.length <= maxParams && values.every((value) => typeof value === 'string' || isTextList(value))
  );
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.length <= maxParams && value.every((item) => typeof item === 'string');
}
