import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import twilio from 'twilio';
import type { WebhookRequest } from '#src/ports/channel.ts';

/** A real webhook has some thirty parameters; every one is sorted and hashed, up to six times over, before a forgery is found out. */
const maxParams = 1000;

type Form = Record<string, unknown>;

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
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  if (isSignedAsReceived(request.url, body as Form, signature, authToken)) return true;
  if (!isForm(body)) return false;
  try {
    return twilio.validateRequest(authToken, signature, request.url, body);
  } catch {
    // It throws on addresses that are not absolute: what cannot be verified is not authentic.
    return false;
  }
}

/** What the SDK can sign: `scheme://host…`, where the address as it came is always among those that it tries. */
const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]+(?:[/?#]|$)/i;

/**
 * The usual case, in a fifth of the SDK's time: this very address, every parameter once. It says yes only where the SDK would;
 * whatever it does not recognize, the SDK decides. (https://www.twilio.com/docs/usage/webhooks/webhooks-security)
 */
function isSignedAsReceived(url: string, form: Form, signature: string, authToken: string): boolean {
  if (!absolute.test(url)) return false;
  let signed = url;
  const names = Object.keys(form);
  if (names.length > maxParams) return false;
  for (const name of names.sort()) {
    const value = form[name];
    if (typeof value !== 'string') return false;
    signed += name + value;
  }
  const expected = Buffer.from(createHmac('sha1', keyOf(authToken)).update(signed, 'utf8').digest('base64'));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The token made ready for signing, which would otherwise be done for each webhook. */
let key: { readonly of: string; readonly object: KeyObject } | undefined;
function keyOf(authToken: string): KeyObject {
  if (key?.of !== authToken) key = { of: authToken, object: createSecretKey(authToken, 'utf8') };
  return key.object;
}

function isForm(body: object): body is Form {
  const values = Object.values(body);
  // Nested values would be hashed as "[object Object]", the same for any content.
  return (
    values.length <= maxParams && values.every((value) => typeof value === 'string' || isTextList(value))
  );
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.length <= maxParams && value.every((item) => typeof item === 'string');
}
