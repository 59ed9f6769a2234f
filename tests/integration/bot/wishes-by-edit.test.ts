import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { storeArrivals } from '#src/bot/store-arrivals.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { metaText, phone } from '#tests/support/identities.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const ana = [phone('+15550001111')];
const edits = (original: InboundMessage, text: string, more: Partial<InboundMessage> = {}) =>
  metaText(ana, text, { change: { kind: 'edit', originalProviderId: original.providerId }, ...more });

describe.each(engines)('an edit into STOP or START on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let hear: (...messages: InboundMessage[]) => Promise<void>;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    const clock = createTestClock();
    const deps: Parameters<typeof storeArrivals>[0] = {
      unitOfWork: createUnitOfWork({ db: database.db, clock, newId: newUuid }),
      clock,
      live: createLive({ log: createQuietLog() }),
      rules: { isWelcome: () => true, replyDelayMs: 0 } as unknown as BotRules,
      limiter: createMemoryRateLimiter({ messages: 1000, windowSeconds: 60, clock }),
      metrics: createQuietMetrics(),
      jobs: { poke: () => {} },
    };
    hear = (...messages) => storeArrivals(deps, messages);
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const isOut = async () =>
    (await database.db.selectFrom('users').select('opted_out_at').executeTakeFirstOrThrow()).opted_out_at !==
    null;
  const said = async () =>
    (await database.db.selectFrom('outbound_parts').select('text').orderBy('id').execute()).map((row) =>
      row.text.includes('no more messages') ? 'stopped' : 'resumed',
    );
  const log = () =>
    database.db.selectFrom('consents').select(['action', 'source', 'message_id']).orderBy('id').execute();
  const verdicts = () =>
    database.db
      .selectFrom('messages')
      .select(['content', 'verdict'])
      .where('direction', '=', 'inbound')
      .orderBy('id')
      .execute();

  it('counts like the message', async () => {
    const original = metaText(ana, 'please go on');
    await hear(original);
    const stop = edits(original, 'STOP');
    await hear(stop);
    expect(await isOut()).toBe(true);
    expect(await said()).toEqual(['stopped']);
    expect(await verdicts()).toEqual([
      { content: 'STOP', verdict: 'opted_out' },
      { content: '', verdict: 'allowed' },
    ]);
    const { id } = await database.db
      .selectFrom('messages')
      .select('id')
      .where('provider_id', '=', stop.providerId)
      .executeTakeFirstOrThrow();
    expect(await log()).toEqual([{ action: 'revoked', source: 'message', message_id: id }]);
    await hear(stop, edits(original, 'Stop.'));
    expect(await said()).toEqual(['stopped']);

    await hear(edits(original, 'START'));
    expect(await isOut()).toBe(false);
    expect(await said()).toEqual(['stopped', 'resumed']);
  });

  it('counts before its original, which takes nothing back', async () => {
    const original = metaText(ana, 'START');
    await hear(edits(original, 'STOP'));
    expect(await isOut()).toBe(true);
    await hear(original);
    expect(await isOut()).toBe(true);
    await hear(metaText(ana, 'START'));
    expect(await isOut()).toBe(false);

    const stopped = metaText(ana, 'STOP');
    await hear(edits(stopped, 'STOP by the shop, please'), stopped);
    expect(await isOut()).toBe(false);
    expect(await said()).toEqual(['stopped', 'resumed']);

    // What cannot be read takes nothing back either.
    const meant = metaText(ana, 'STOP');
    await hear(edits(meant, '', { type: 'unsupported' }), meant);
    expect(await isOut()).toBe(true);
  });

  it('is stored also when it is taken back at once', async () => {
    await hear(metaText(ana, 'STOP'));
    const start = metaText(ana, 'START');
    const change = { kind: 'revoke', originalProviderId: start.providerId } as const;
    await hear(start, metaText(ana, '', { type: 'unsupported', change }));
    expect(await said()).toEqual(['stopped', 'resumed']);
    expect((await verdicts()).map(({ verdict }) => verdict)).toEqual(['opted_out', 'allowed', 'allowed']);
  });

  it('counts by when it was made', async () => {
    const original = metaText(ana, 'hello');
    await hear(edits(original, 'STOP', { sentAtMs: 3_000 }));
    await hear(edits(original, 'START', { sentAtMs: 2_000 }));
    expect(await isOut()).toBe(true);
    await hear(original, edits(original, 'START', { sentAtMs: 1_000 }));
    expect(await isOut()).toBe(true);
  });

  it('is an ordinary edit as the caption of a file, with more words, or to START from who never stopped', async () => {
    const original = metaText(ana, 'hello');
    await hear(original, edits(original, 'stop', { type: 'image' }), edits(original, 'stop, not that'));
    await hear(edits(original, 'START'));
    expect(await isOut()).toBe(false);
    expect(await said()).toEqual([]);
    expect(await log()).toEqual([]);
  });
});
