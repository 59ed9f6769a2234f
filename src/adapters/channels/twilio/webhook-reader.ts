import type { WebhookReader } from '#src/ports/channel.ts';
import type { Clock } from '#src/ports/system.ts';
import { parseTwilioWebhook } from './parse.ts';
import { readTwilioStatus } from './read-status.ts';
import { hasTwilioSignature } from './signature.ts';

/**
 * Reads Twilio's webhooks: messages, and what became of ours.
 * @param deps.authToken the account's primary auth token: Twilio signs with nothing else
 */
export function createTwilioWebhookReader(deps: {
  readonly authToken: string;
  readonly clock: Clock;
}): WebhookReader {
  return {
    isAuthentic: (request) => hasTwilioSignature(request, deps.authToken),
    read({ body }) {
      const report = readTwilioStatus(body, deps.clock.now());
      if (report) return { messages: [], events: [{ kind: 'delivery', report }] };
      return { messages: parseTwilioWebhook(body), events: [] };
    },
  };
}
