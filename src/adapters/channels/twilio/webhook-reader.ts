import type { WebhookReader } from '#src/ports/channel.ts';
import { parseTwilioWebhook } from './parse.ts';
import { hasTwilioSignature } from './signature.ts';

/**
 * Reads Twilio's message webhooks.
 * @param deps.authToken the account's primary auth token: Twilio signs with nothing else
 */
export function createTwilioWebhookReader(deps: { readonly authToken: string }): WebhookReader {
  return {
    isAuthentic: (request) => hasTwilioSignature(request, deps.authToken),
    read: (request) => ({ messages: parseTwilioWebhook(request.body), events: [] }),
  };
}
