import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { heedStop } from '#src/bot/heed-stop.ts';
import { OptedOut, StorageUnavailable } from '#src/domain/errors.ts';
import type { Turn } from '#src/domain/turn.ts';
import type { LiveEvent } from '#src/ports/live.ts';
import type { Stores, UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

describe.each(engines)('work on a turn on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let userId: string;
  let looks: number;
  let isDown: boolean;
  let listeners: number;
  const clock = createTestClock();
  const log = createQuietLog();
  const local = createLive({ log });
  const live = {
    announce: local.announce,
    subscribe(listener: (event: LiveEvent) => void) {
      const unsubscribe = local.subscribe(listener);
      listeners += 1;
      return () => {
        listeners -= 1;
        unsubscribe();
      };
    },
  };
  const counted: UnitOfWork = {
    run: (steps, until) => {
      looks += 1;
      return isDown ? Promise.reject(new StorageUnavailable('the disk is full')) : work.run(steps, until);
    },
  };
  const ended = new AbortController();
  const run = { signal: ended.signal, attempt: 1, lastAttempt: false, crashes: 0 };
  const heed = (turn: Turn) => heedStop({ live, log, unitOfWork: counted }, turn, run);
  const stop = (stores: Stores) => stores.consents.stop(userId, { source: 'owner' });
  const announceStop = () => live.announce({ kind: 'stopped', userId });

  async function open(): Promise<Turn> {
    return work.run(async (stores) => {
      const [message] = await stores.inbox.accept([inboundText('+15550001111', 'hello')], () => true);
      userId = message?.userId ?? '';
      const conversationId = await stores.conversations.active(userId);
      await stores.turns.open({ userId, conversationId, messageIds: [message?.messageId ?? ''] });
      const turn = await stores.turns.next(userId);
      if (!turn) throw new Error('no turn was opened');
      return turn;
    });
  }

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    [looks, listeners, isDown] = [0, 0, false];
  });
  afterEach(() => database[Symbol.asyncDispose]());

  it('asks nobody anything as long as nobody says STOP, and listens no longer than it lasts', async () => {
    const turn = await open();
    {
      using _heeded = heed(turn);
      expect(listeners).toBe(1);
      live.announce({ kind: 'changed', userId });
      live.announce({ kind: 'typing', userId });
      live.announce({ kind: 'stopped', userId: 'somebody else' });
    }
    expect(listeners).toBe(0);
    await work.run(stop);
    announceStop();
    expect(looks).toBe(0);
  });

  it('is called off by STOP; what was paid for may still be stored', async () => {
    using heeded = heed(await open());
    await work.run(stop);
    expect(heeded.isStopped()).toBe(false);
    announceStop();
    await waitFor('the end', () => heeded.isStopped());
    expect(heeded.run.signal.reason).toBeInstanceOf(OptedOut);
    expect([heeded.run.wholeRun.aborted, run.signal.aborted]).toEqual([false, false]);
    announceStop();
    expect(looks).toBe(1);
  });

  it('is called off although START follows at once', async () => {
    using heeded = heed(await open());
    await work.run(stop);
    await work.run((stores) => stores.consents.start(userId, { source: 'message' }));
    announceStop();
    await waitFor('the end', () => heeded.isStopped());
  });

  it('goes on after the announcement of an earlier STOP, and asks twice at most for any number of them', async () => {
    await open();
    await work.run(stop);
    await work.run((stores) => stores.consents.start(userId, { source: 'message' }));
    using heeded = heed(await open());
    for (let announced = 0; announced < 500; announced += 1) announceStop();
    await waitFor('the second look', () => looks === 2);
    await work.run(async () => {});
    expect([looks, heeded.isStopped()]).toEqual([2, false]);
    await work.run(stop);
    announceStop();
    await waitFor('the end', () => heeded.isStopped());
  });

  it('goes on while the database cannot say', async () => {
    using heeded = heed(await open());
    isDown = true;
    announceStop();
    await waitFor('the look', () => log.lines.some(({ level }) => level === 'debug'));
    expect(heeded.isStopped()).toBe(false);
    isDown = false;
    await work.run(stop);
    announceStop();
    await waitFor('the end', () => heeded.isStopped());
  });
});
