import { createSecretKey } from 'node:crypto';
import type { WebhookReader } from '#src/ports/channel.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import { readMetaWebhook } from './read-webhook.ts';
import { hasMetaSignature } from './signature.ts';

/** What reading Meta's webhooks needs. */
export interface MetaWebhookReaderDeps {
  /** The secret of the app whose webhooks these are: Meta signs with it. */
  readonly appSecret: string;
  /** Our number's id; messages and reports of other numbers of the account are left out. Undefined takes them all. */
  readonly phoneNumberId?: string | undefined;
  readonly log: Log;
  /** For reports without a time of their own. */
  readonly clock?: Clock | undefined;
}

/** Reads the webhooks of the WhatsApp Cloud API: messages, what became of ours, and news of templates and the account. */
export function createMetaWebhookReader(deps: MetaWebhookReaderDeps): WebhookReader {
  // An empty secret would make anybody's signature good.
  const key = deps.appSecret === '' ? undefined : createSecretKey(deps.appSecret, 'utf8');
  const reading = {
    phoneNumberId: deps.phoneNumberId || undefined,
    log: deps.log,
    clock: deps.clock ?? { now: () => new Date() },
  };
  return {
    isAuthentic: (request) => key !== undefined && hasMetaSignature(request, key),
    read: ({ body }) => readMetaWebhook(body, reading),
  };
}
