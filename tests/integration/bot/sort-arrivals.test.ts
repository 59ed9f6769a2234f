import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openArrivalLog } from '#src/adapters/store/arrival-log.ts';
import { type OpenDatabase, openDatabase } from '#src/adapters/store/open-database.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import { type AcceptMessages, createLoggedAccept } from '#src/bot/accept-webhook.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { createSorter, type Sorter } from '#src/bot/sort-arrivals.ts';
import { storeArrivals } from '#src/bot/store-arrivals.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Arrival, ArrivalLog } from '#src/ports/arrivals.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let folder: string;
let database: OpenDatabase;
const clock = createTestClock();
const log = createQuietLog();
/** How stored messages get to the disk. */
let onDisk: () => Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sorting-'));
  database = await openDatabase({ engine: 'sqlite', file: ':memory:' }, { log });
  log.lines.length = 0;
  onDisk = async () => {};
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Line extends AsyncDisposable {
  readonly arrivals: ArrivalLog;
  readonly accept: AcceptMessages;
  readonly sorter: Sorter;
}

/** Log and sorter of one process; `before` is called before each batch is stored, `onRest` before each pause. */
async function openLine(
  before: (batch: readonly Arrival[]) => void | Promise<void> = () => {},
  onRest: () => void = () => {},
): Promise<Line> {
  const arrivals = await openArrivalLog(join(folder, 'bot.db'), { clock, log });
  const deps = {
    unitOfWork: createUnitOfWork({ db: database.db, clock, newId: newUuid }),
    clock,
    live: createLive({ log }),
    rules: { isWelcome: () => true, replyDelayMs: 1200 } as unknown as BotRules,
    limiter: createMemoryRateLimiter({ messages: 1000, windowSeconds: 60, clock }),
    metrics: createQuietMetrics(),
    jobs: { poke: () => {} },
  };
  const sorter = createSorter({
    arrivals,
    clock,
    log,
    pause: (ms, signal) => {
      onRest();
      return pause(ms, undefined, { signal });
    },
    busyShare: () => 0,
    makeDurable: () => onDisk(),
    async store(batch) {
      await before(batch);
      await storeArrivals(deps, batch, 'committed');
    },
  });
  const accept = createLoggedAccept({ arrivals, isStorageInPlace: () => true, onArrival: sorter.wake });
  return {
    arrivals,
    accept,
    sorter,
    async [Symbol.asyncDispose]() {
      await sorter[Symbol.asyncDispose]();
      await arrivals[Symbol.asyncDispose]();
    },
  };
}

const stored = async () =>
  (await database.db.selectFrom('messages').select('content').orderBy('id').execute()).map(
    (row) => row.content,
  );
const isEmpty = async (line: Line) => (await line.arrivals.backlog()).count === 0;

describe('sorting arrivals', () => {
  it('brings them into the database in order, with the id and the time of their arrival', async () => {
    await using line = await openLine();
    await line.sorter.catchUp();
    const said = Array.from({ length: 40 }, (_, index) => `text ${index}`);
    const receivedAt = clock.now().toISOString();
    for (const text of said) await line.accept([inboundText('+15550000001', text)]);
    clock.advance(60_000);
    await waitFor('the log to be empty', () => isEmpty(line));
    expect(await stored()).toEqual(said);
    const rows = await database.db.selectFrom('messages').select('created_at').execute();
    expect(new Set(rows.map((row) => row.created_at))).toEqual(new Set([receivedAt]));
  });

  it('wakes the person a quiet moment after the arrival, and never in the past', async () => {
    await using line = await openLine();
    const at = clock.now().getTime();
    await line.accept([inboundText('+15550000001', 'hello')]);
    clock.advance(200);
    await line.sorter.catchUp();
    const wakeUp = () => database.db.selectFrom('jobs').select('run_at').executeTakeFirst();
    expect((await wakeUp())?.run_at).toBe(new Date(at + 1200).toISOString());

    await database.db.deleteFrom('jobs').execute();
    await line[Symbol.asyncDispose]();
    await using late = await openLine();
    await late.accept([inboundText('+15550000001', 'and again')]);
    clock.advance(60_000);
    await late.sorter.catchUp();
    expect((await wakeUp())?.run_at).toBe(clock.now().toISOString());
  });

  it('forgets nothing in the log before the disk has it in the database', async () => {
    await using line = await openLine();
    const written = Promise.withResolvers<void>();
    onDisk = () => written.promise;
    const caughtUp = line.sorter.catchUp();
    await line.accept([inboundText('+15550000001', 'hello')]);
    await waitFor('the message to be stored', async () => (await stored()).length === 1);
    expect((await line.arrivals.backlog()).count).toBe(1);
    written.resolve();
    await waitFor('the log to be empty', () => isEmpty(line));
    await caughtUp;
  });

  it('starts with what the last process left', async () => {
    {
      // It never gets to sort: killed right after the acknowledgement.
      const { arrivals, accept } = await openLine();
      await accept([inboundText('+15550000001', 'left behind')]);
      await arrivals[Symbol.asyncDispose]();
    }
    await using line = await openLine();
    await line.sorter.catchUp();
    expect(await stored()).toEqual(['left behind']);
  });

  it('stores nothing twice when the process died before it could forget', async () => {
    {
      const { arrivals, accept } = await openLine();
      await accept([inboundText('+15550000001', 'once')]);
      const batch = await arrivals.oldest(10);
      await createUnitOfWork({ db: database.db, clock, newId: newUuid }).run((stores) =>
        stores.inbox.accept(batch?.arrivals ?? [], () => true),
      );
      await arrivals[Symbol.asyncDispose]();
    }
    await using line = await openLine();
    await line.sorter.catchUp();
    expect(await stored()).toEqual(['once']);
    expect(await isEmpty(line)).toBe(true);
  });

  it('sets a message aside that can never be stored, and goes on with the others', async () => {
    await using line = await openLine();
    const bad = inboundText('+15550000002', 'bad', { channel: null as never });
    await Promise.all([
      line.accept([inboundText('+15550000001', 'before')]),
      line.accept([bad]),
      line.accept([inboundText('+15550000003', 'after')]),
    ]);
    await line.sorter.catchUp();
    expect(await stored()).toEqual(['before', 'after']);
    expect(await line.arrivals.backlog()).toMatchObject({ count: 0, setAside: 1 });
    expect(log.lines.filter((entry) => entry.level === 'error')).toHaveLength(1);
  });

  it('sets nothing aside when everything is refused: that is no fault of the messages', async () => {
    let isBroken = true;
    await using line = await openLine(() => {
      if (isBroken) throw new Error('something about the database that is no trouble with the disk');
    });
    await Promise.all(
      ['one', 'two', 'three'].map((text) => line.accept([inboundText('+15550000001', text)])),
    );
    await line.sorter.catchUp();
    await waitFor('a complaint', () => log.lines.some((entry) => entry.level === 'error'));
    expect(await line.arrivals.backlog()).toMatchObject({ count: 3, setAside: 0 });
    isBroken = false;
    await waitFor('the log to be empty', () => isEmpty(line));
    expect(await stored()).toEqual(['one', 'two', 'three']);
  });

  it('lets webhooks pass after a start with a backlog, too', async () => {
    {
      const { arrivals, accept } = await openLine();
      for (let index = 0; index < 20; index += 1)
        await accept([inboundText('+15550000001', `left ${index}`)]);
      await arrivals[Symbol.asyncDispose]();
    }
    let rests = 0;
    let meanwhile: Promise<unknown> | undefined;
    await using line = await openLine(
      (batch) => {
        if (batch.length > 100) meanwhile ??= line.accept([inboundText('+15550000001', 'meanwhile')]);
        return pause(20);
      },
      () => {
        rests += 1;
      },
    );
    await line.sorter.catchUp();
    expect(rests).toBe(0);
    // More than are sorted in passing, and another one while they are being stored.
    await Promise.all(Array.from({ length: 250 }, () => line.accept([inboundText('+15550000001', 'more')])));
    await waitFor('a rest', () => rests > 0);
    await meanwhile;
  });

  it('does not let a few messages wait, whatever else keeps the process busy', async () => {
    let rests = 0;
    await using line = await openLine(
      () => pause(5),
      () => {
        rests += 1;
      },
    );
    await line.sorter.catchUp();
    for (let index = 0; index < 60; index += 1) await line.accept([inboundText('+15550000001', 'hello')]);
    await waitFor('the log to be empty', () => isEmpty(line));
    expect(rests).toBe(0);
  });

  it('acknowledges while sorting is stalled, and waits for the database without losing anything', async () => {
    let trouble = true;
    await using line = await openLine(() => {
      if (trouble) throw new StorageUnavailable('the database is full');
    });
    const caughtUp = line.sorter.catchUp();
    for (let index = 0; index < 20; index += 1) {
      await line.accept([inboundText(`+1555000000${index % 3}`, `text ${index}`)]);
    }
    await waitFor('it to be told', () => log.lines.some((entry) => entry.level === 'warn'));
    expect(await stored()).toEqual([]);
    trouble = false;
    await caughtUp;
    await waitFor('the log to be empty', () => isEmpty(line));
    expect(await stored()).toHaveLength(20);
    expect((await line.arrivals.backlog()).setAside).toBe(0);
  });

  it('acknowledges while a batch is being stored', async () => {
    const gate = Promise.withResolvers<void>();
    let begun = false;
    await using line = await openLine(async () => {
      begun = true;
      await gate.promise;
    });
    await line.sorter.catchUp();
    await line.accept([inboundText('+15550000001', 'first')]);
    await waitFor('sorting to begin', () => begun);
    await line.accept([inboundText('+15550000001', 'second')]);
    expect(await stored()).toEqual([]);
    gate.resolve();
    await waitFor('both to be sorted', async () => (await stored()).length === 2);
    expect(await stored()).toEqual(['first', 'second']);
  });

  it('sorts what is left when it is closed', async () => {
    const line = await openLine();
    await line.accept([inboundText('+15550000001', 'last words')]);
    await line[Symbol.asyncDispose]();
    expect(await stored()).toEqual(['last words']);
  });
});
