import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createMetaWebhookReader } from '#src/adapters/channels/meta/webhook-reader.ts';
import type { WebhookContent } from '#src/ports/channel.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';

/** A webhook of Meta's in a file, with what must become of it. */
export interface MetaFixture {
  readonly name: string;
  readonly title: string;
  readonly webhook: Readonly<Record<string, unknown>>;
  readonly expected: {
    /** What must be true of each message, and nothing more of them; null where there must be nothing. */
    readonly messages: readonly Readonly<Record<string, unknown>>[];
    readonly events: readonly { readonly kind: string; readonly report: Readonly<Record<string, unknown>> }[];
    /** How many updates were left out, by reason and type. */
    readonly leftOut: Readonly<Record<string, number>>;
  };
}

/** All of them, by name. */
export function metaFixtures(): MetaFixture[] {
  return globSync(new URL('../fixtures/meta/*.json', import.meta.url).pathname)
    .toSorted()
    .map((path) => ({ name: basename(path, '.json'), ...JSON.parse(readFileSync(path, 'utf8')) }));
}

/** Reads a body as the product does, at noon of 21 November 2026, for the number that the fixtures were sent to. */
export function readMeta(
  body: unknown,
  phoneNumberId: string | undefined = '106540352242922',
): WebhookContent & { log: QuietLog; leftOut: Record<string, number> } {
  const log = createQuietLog();
  const clock = { now: () => new Date('2026-11-21T12:00:00.000Z') };
  const reader = createMetaWebhookReader({ appSecret: 'unused', phoneNumberId, log, clock });
  const content = reader.read({
    url: 'https://bot.example.com/webhook/meta',
    headers: {},
    body: body as never,
  });
  const facts = log.lines[0]?.facts as { leftOut?: Record<string, number> } | undefined;
  return { ...content, log, leftOut: facts?.leftOut ?? {} };
}
