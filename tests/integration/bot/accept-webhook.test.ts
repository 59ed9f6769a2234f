import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '#src/adapters/store/open-database.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import { type AcceptMessages, createAcceptMessages } from '#src/bot/accept-webhook.ts';
import type { BotRules } from '#src/bot/deps.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

let database: OpenDatabase;
let transactions = 0;
let pokes: (Date | undefined)[] = [];
let accept: AcceptMessages;
const clock = createTestClock();

beforeEach(async () => {
  database = await openDatabase({ engine: 'sqlite', file: ':memory:' }, { log: createQuietLog() });
  transactions = 0;
  pokes = [];
  const real = createUnitOfWork({ db: database.db, clock, newId: newUuid });
  const unitOfWork: UnitOfWork = {
    run(work) {
      transactions += 1;
      return real.run(work);
    },
  };
  accept = createAcceptMessages({
    unitOfWork,
    clock,
    live: createLive({ log: createQuietLog() }),
    rules: { isWelcome: () => true, replyDelayMs: 1200 } as unknown as BotRules,
    limiter: createMemoryRateLimiter({ messages: 1000, windowSeconds: 60, clock }),
    isStorageInPlace: () => true,
    metrics: createQuietMetrics(),
    jobs: { poke: (at) => void pokes.push(at) },
  });
});
afterEach(() => database[Symbol.asyncDispose]());

const stored = async () =>
  (await database.db.selectFrom('messages').select('content').execute()).map((row) => row.content);

describe('accepting messages', () => {
  it('commits what arrives in one event-loop turn together', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => accept([inboundText(`+1555000${index}`, `text ${index}`)])),
    );
    expect(transactions).toBe(1);
    expect(await stored()).toHaveLength(50);
  });

  it('does not let one message the database refuses take others with it', async () => {
    const impossible = inboundText('+15550000001', 'bad', { channel: null as never });
    const results = await Promise.allSettled([
      accept([inboundText('+15550000002', 'before')]),
      accept([impossible]),
      accept([inboundText('+15550000003', 'after')]),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await stored()).toEqual(['before', 'after']);
  });

  it('wakes the person after the quiet moment, once for a burst', async () => {
    const message = inboundText('+15550000001', 'one');
    await accept([message]);
    await accept([inboundText('+15550000001', 'two')]);
    await accept([message]);
    const jobs = await database.db.selectFrom('jobs').selectAll().execute();
    expect(jobs).toHaveLength(1);
    expect(jobs[0]?.run_at).toBe('2026-11-21T10:00:01.200Z');
    // The repeated message woke nobody.
    expect(pokes).toHaveLength(2);
  });

  it('keeps one group in flight, and gathers the next one meanwhile', async () => {
    await Promise.all([
      accept([inboundText('+15550000001', 'one')]),
      new Promise((resolve) => setImmediate(resolve)).then(() =>
        Promise.all(
          Array.from({ length: 30 }, (_, index) => accept([inboundText('+15550000001', `more ${index}`)])),
        ),
      ),
    ]);
    expect(transactions).toBe(2);
    expect(await stored()).toHaveLength(31);
  });

  it('rejects when nothing can be stored, so that the webhook can say so', async () => {
    await database.db.destroy();
    await expect(accept([inboundText('+15550000001', 'lost')])).rejects.toThrow();
  });
});
