import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import { deliver } from '#src/bot/deliver.ts';
import { lookAtHand } from '#src/bot/receive.ts';
import { ProviderRefused, ProviderUnavailable, StorageUnavailable } from '#src/domain/errors.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { Stores, UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const run: JobRun = { signal: new AbortController().signal, attempt: 1, lastAttempt: false, crashes: 0 };

describe.each(engines)('delivering on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let userId: string;
  let sends: string[];
  /** What happens while a part is with the provider. */
  let meanwhile: (part: OutboundPart) => Promise<void>;
  const clock = createTestClock();
  const log = createQuietLog();

  const channel: Channel = {
    name: 'twilio',
    limits: { textUnits: 1600 },
    fetchMedia: () => Promise.reject(new Error('not used')),
    async send(part) {
      sends.push(part.text);
      await meanwhile(part);
      return { providerId: `SM-${part.text}` };
    },
    showTyping: async () => {},
    findSent: async () => null,
  };
  const deliverOn = async (unitOfWork: UnitOfWork) =>
    deliver(
      {
        unitOfWork,
        channels: new Map([['twilio', channel]]),
        clock,
        log,
        live: createLive({ log }),
        metrics: createQuietMetrics(),
        channelHealth: createChannelHealth({ channels: ['twilio'], clock, log }),
        startedAt: clock.now(),
        rules: { nudges: new Map() },
      },
      userId,
      await work.run((stores) => lookAtHand(stores, userId)),
      run,
    );
  const parts = async () =>
    (await database.db.selectFrom('outbound_parts').selectAll().orderBy('id').execute()).map((part) => [
      part.text,
      part.state,
      part.attempts,
      part.provider_id,
    ]);

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    sends = [];
    meanwhile = async () => {};
    await work.run(async (stores) => {
      const [message] = await stores.inbox.accept([inboundText('+15550001111', 'hello')], () => true);
      userId = message?.userId ?? '';
      const [stored] = await stores.inbox.undecided(userId);
      if (stored) await stores.outbox.queueNotice(stored, ['one', 'two']);
    });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  it('sends each part once, in order', async () => {
    await deliverOn(work);
    expect(sends).toEqual(['one', 'two']);
    expect(await parts()).toEqual([
      ['one', 'sent', 1, 'SM-one'],
      ['two', 'sent', 1, 'SM-two'],
    ]);
  });

  it('lets go of everything once another process has taken it on', async () => {
    meanwhile = async ({ id }) => {
      // The other one waited for the lease, looked the part up in vain and sent it itself.
      const seen = { id, state: 'sending' as const, attempts: 1 };
      expect(await work.run((stores) => stores.outbox.sending(seen))).toBe(true);
    };
    await expect(deliverOn(work)).rejects.toMatchObject({ code: 'lost_lease' });
    expect(sends).toEqual(['one']);
    expect(await parts()).toEqual([
      ['one', 'sending', 2, null],
      ['two', 'queued', 0, null],
    ]);
  });

  it('goes on without what was taken out of the lane since it was looked at', async () => {
    const reason = { code: 'broadcast_paused', words: 'its broadcast is paused' };
    meanwhile = async () => {
      const [, two] = await work.run((stores) => stores.outbox.pending(userId));
      if (two) await work.run((stores) => stores.window.hold(two, reason));
    };
    expect(await deliverOn(work)).toEqual({ parts: [], turn: undefined });
    expect(await parts()).toEqual([
      ['one', 'sent', 1, 'SM-one'],
      ['two', 'held', 0, null],
    ]);
  });

  it.each([
    ['refuses', new ProviderRefused('recipient', 'no')],
    ['is down', new ProviderUnavailable('down')],
  ])('ends nothing that is no longer its own when the provider %s', async (_what, failure) => {
    meanwhile = async ({ id }) => {
      await work.run((stores) => stores.outbox.sending({ id, state: 'sending', attempts: 1 }));
      throw failure;
    };
    await expect(deliverOn(work)).rejects.toMatchObject({ code: 'lost_lease' });
    expect((await parts())[0]).toEqual(['one', 'sending', 2, null]);
  });

  it('fails no part because the database is in trouble, however often it was tried', async () => {
    await database.db.updateTable('outbound_parts').set({ attempts: 7 }).execute();
    let isDown = false;
    const troubled: UnitOfWork = {
      run: <T>(steps: (stores: Stores) => Promise<T>) =>
        isDown ? Promise.reject(new StorageUnavailable('the disk is full')) : work.run(steps),
    };
    meanwhile = async () => {
      isDown = true;
    };
    await expect(deliverOn(troubled)).rejects.toBeInstanceOf(StorageUnavailable);
    expect((await parts())[0]).toEqual(['one', 'sending', 8, null]);
  });

  it('keeps a part uncertain when it cannot be looked up', async () => {
    await work.run(async (stores) => {
      const [part] = await stores.outbox.pending(userId);
      if (part) await stores.outbox.sending(part);
    });
    channel.findSent = () => Promise.reject(new ProviderUnavailable('the look-up is down'));
    await expect(deliverOn(work)).rejects.toBeInstanceOf(ProviderUnavailable);
    channel.findSent = async () => null;
    expect(sends).toEqual([]);
    expect((await parts())[0]).toEqual(['one', 'sending', 1, null]);
  });
});
