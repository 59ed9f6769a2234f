import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { type ApplyEvents, createApplyEvents, settleEarlyReports } from '#src/bot/apply-events.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import type { AccountMeaning } from '#src/domain/channel-event.ts';
import type { CodeMeaning, DeliveryReport } from '#src/domain/delivery.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { beginParts, readParts } from '#tests/support/part-in-flight.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const meanings: Readonly<Record<string, CodeMeaning>> = {
  passing: { kind: 'passes', words: 'too fast', retryAfterMs: 6_000 },
  once: { kind: 'passes', words: 'unknown', mostRepeats: 1 },
  limited: { kind: 'passes', words: 'too fast', isRateLimit: true, retryAfterMs: 15_000 },
  unpaid: { kind: 'stops', words: 'there is a problem with paying' },
};
const channel: Channel = {
  name: 'twilio',
  limits: { textUnits: 1600 },
  fetchMedia: () => Promise.reject(new Error('not used')),
  send: () => Promise.reject(new Error('not used')),
  showTyping: async () => {},
  explain: (code) => meanings[code],
};

describe.each(engines)('what a webhook tells on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let clock: ReturnType<typeof createTestClock>;
  let log: ReturnType<typeof createQuietLog>;
  let metrics: ReturnType<typeof createQuietMetrics>;
  let deps: Parameters<typeof createApplyEvents>[0];
  let apply: ApplyEvents;
  let transactions: number;
  let announced: string[];
  let poked: Date[];

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    log = createQuietLog();
    metrics = createQuietMetrics();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    [transactions, announced, poked] = [0, [], []];
    const live = createLive({ log });
    live.subscribe((event) => event.kind === 'changed' && announced.push(event.userId));
    deps = {
      unitOfWork: {
        run(steps) {
          transactions += 1;
          return work.run(steps);
        },
      },
      channels: new Map([['twilio', channel]]),
      channelHealth: createChannelHealth({ channels: ['twilio'], clock, log }),
      clock,
      live,
      log,
      metrics,
      rules: { nudges: new Map() },
      jobs: { poke: (at) => void (at && poked.push(at)) },
    };
    apply = createApplyEvents(deps);
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const report = (state: DeliveryReport['state'], more: Partial<DeliveryReport> = {}): DeliveryReport => ({
    channel: 'twilio',
    providerId: 'SM1',
    state,
    at: clock.now(),
    ...more,
  });
  const hear = (...reports: DeliveryReport[]) =>
    apply(reports.map((one) => ({ kind: 'delivery', report: one })));
  const parts = () => readParts(database.db);
  const states = async () => (await parts()).map((part) => part.state);
  const early = () => database.db.selectFrom('early_reports').selectAll().execute();
  const attempt = (id = '') => ({ id, state: 'sending' as const, attempts: 1 });

  async function sendOne(providerId = 'SM1', texts = ['one']) {
    const begun = await beginParts(work, texts);
    await work.run((stores) => stores.outbox.sent(attempt(begun.partIds[0]), providerId));
    return begun;
  }

  it('moves a part forward with the time of each state, and tells whoever watches', async () => {
    const { userId } = await sendOne();
    clock.advance(1_000);
    await hear(report('delivered'));
    clock.advance(1_000);
    await hear(report('read'));
    expect(await parts()).toMatchObject([
      {
        state: 'read',
        sent_at: '2026-11-21T10:00:00.000Z',
        delivered_at: '2026-11-21T10:00:01.000Z',
        read_at: '2026-11-21T10:00:02.000Z',
        failed_at: null,
      },
    ]);
    expect(announced).toEqual([userId, userId]);
    expect(metrics.told.map(({ facts }) => facts)).toEqual([
      { channel: 'twilio', state: 'delivered', errorCode: undefined },
      { channel: 'twilio', state: 'read', errorCode: undefined },
    ]);
  });

  it('goes back for nothing that is late or repeated, but learns the time', async () => {
    await sendOne();
    await hear(report('read'), report('sent'), report('failed', { errorCode: '63016' }), report('read'));
    await hear(report('delivered'));
    await hear(report('failed', { errorCode: '63016' }));
    expect(await parts()).toMatchObject([{ state: 'read', error_code: null, error_reason: null }]);
    expect((await parts())[0]?.delivered_at).not.toBeNull();
  });

  it('ends a part that failed, with the reason on its message; what proves that it arrived takes it back', async () => {
    await sendOne();
    await hear(report('failed', { errorCode: '63999', errorTitle: 'No such luck' }));
    const failed = { state: 'failed', error_code: '63999', error_title: 'No such luck' };
    expect(await parts()).toMatchObject([{ ...failed, error_reason: 'No such luck', failures: 0 }]);
    const problem = async () =>
      (await database.db.selectFrom('messages').select('error_message').orderBy('id', 'desc').execute())[0];
    expect(await problem()).toEqual({ error_message: 'not delivered: No such luck (63999)' });
    await hear(report('delivered'));
    expect(await parts()).toMatchObject([{ state: 'delivered', error_code: null, error_reason: null }]);
    expect(await problem()).toEqual({ error_message: null });
  });

  it('ends what would come after a part that failed', async () => {
    const { userId } = await beginParts(work, []);
    const [stored] = await work.run((stores) => stores.inbox.undecided(userId));
    await work.run(async (stores) => {
      if (stored) await stores.outbox.queueNotice(stored, ['one', 'two', 'three']);
      const [first] = await stores.outbox.pending(userId);
      if (first) await stores.outbox.sending(first);
      await stores.outbox.sent(attempt(first?.id), 'SM1');
    });
    await hear(report('failed', { errorCode: '63999' }));
    expect(await states()).toEqual(['failed', 'failed', 'failed']);
    expect(await work.run((stores) => stores.outbox.pending(userId))).toEqual([]);
  });

  it('keeps what comes before its message is known, and applies it as soon as it is', async () => {
    const { partIds } = await beginParts(work, ['one']);
    await hear(report('delivered'), report('sent'));
    await hear(report('delivered'));
    expect(await states()).toEqual(['sending']);
    expect(await early()).toHaveLength(2);
    const taken = await work.run(async (stores) => {
      await stores.outbox.sent(attempt(partIds[0]), 'SM1');
      return stores.deliveries.takeEarly('twilio', 'SM1');
    });
    expect(taken.map(({ state }) => state).sort()).toEqual(['delivered', 'sent']);
    expect(await early()).toEqual([]);
  });

  it('settles by the clock what was missed, and forgets after 30 days what nobody sent', async () => {
    await hear(report('read'), report('sent', { providerId: 'SM-foreign' }));
    const { partIds } = await beginParts(work, ['one']);
    await work.run((stores) => stores.outbox.sent(attempt(partIds[0]), 'SM1'));
    await settleEarlyReports(deps, new AbortController().signal);
    expect(await states()).toEqual(['read']);
    expect(await early()).toMatchObject([{ provider_id: 'SM-foreign' }]);
    clock.advance(31 * 24 * 60 * 60 * 1000);
    await settleEarlyReports(deps, new AbortController().signal);
    expect(await early()).toEqual([]);
  });

  it('knows a part by our reference while the answer to the call is still on its way', async () => {
    const { partIds } = await beginParts(work, ['one']);
    const [reference] = partIds;
    await hear(report('sent', { reference }));
    expect(await parts()).toMatchObject([{ state: 'sent', provider_id: 'SM1' }]);
    // The answer says the same, another one something else.
    expect(await work.run((stores) => stores.outbox.sent(attempt(reference), 'SM1'))).toBe(true);
    expect(await work.run((stores) => stores.outbox.sent(attempt(reference), 'SM2'))).toBe(false);
    expect(await states()).toEqual(['sent']);
  });

  it('takes no reference of another channel or nobody for one of its parts', async () => {
    const { partIds } = await beginParts(work, ['one']);
    await hear(
      report('sent', { reference: partIds[0], channel: 'meta' }),
      report('read', { reference: 'x' }),
    );
    expect(await states()).toEqual(['sending']);
    expect(await early()).toHaveLength(2);
  });

  it('queues again what failed in passing, later each time, three times at most', async () => {
    const { userId, partIds } = await sendOne();
    for (const [round, waitMs] of [6_000, 12_000, 24_000].entries()) {
      await hear(report('failed', { errorCode: 'passing', providerId: `SM${round + 1}` }));
      const notBefore = new Date(clock.now().getTime() + waitMs);
      expect(await parts()).toMatchObject([
        {
          state: 'queued',
          failures: round + 1,
          not_before: notBefore.toISOString(),
          error_reason: 'too fast',
        },
      ]);
      expect(poked.at(-1)).toEqual(notBefore);
      // The same report once more, as providers do, is no second failure.
      await hear(report('failed', { errorCode: 'passing', providerId: `SM${round + 1}` }));
      clock.advance(waitMs);
      const again = { id: partIds[0] ?? '', attempts: round + 1 };
      await work.run((stores) => stores.outbox.sending({ ...again, state: 'queued' }));
      await hear(report('failed', { errorCode: 'passing', providerId: `SM${round + 1}` }));
      expect(await states()).toEqual(['sending']);
      const attempts = again.attempts + 1;
      await work.run((stores) =>
        stores.outbox.sent({ ...again, attempts, state: 'sending' }, `SM${round + 2}`),
      );
    }
    expect(await parts()).toMatchObject([{ state: 'sent', error_code: null, not_before: null }]);
    await hear(report('failed', { errorCode: 'passing', providerId: 'SM4' }));
    expect(await states()).toEqual(['failed']);
    const wakes = await database.db.selectFrom('jobs').select('lane').execute();
    expect(wakes).toEqual([{ lane: userId }]);
    expect(metrics.told.map(({ facts }) => (facts as { state: string }).state)).toEqual([
      'sent_again',
      'sent_again',
      'sent_again',
      'failed',
    ]);
  });

  it('does not send again what arrived after all', async () => {
    const { userId } = await sendOne();
    await hear(report('failed', { errorCode: 'passing' }));
    await hear(report('delivered'));
    expect(await parts()).toMatchObject([{ state: 'delivered', error_code: null, not_before: null }]);
    expect(await work.run((stores) => stores.outbox.pending(userId))).toEqual([]);
  });

  it('repeats once what fails for reasons nobody knows', async () => {
    const { partIds } = await sendOne();
    await hear(report('failed', { errorCode: 'once' }));
    const queued = { id: partIds[0] ?? '', state: 'queued' as const, attempts: 1 };
    await work.run((stores) => stores.outbox.sending(queued));
    await work.run((stores) => stores.outbox.sent({ ...queued, state: 'sending', attempts: 2 }, 'SM2'));
    await hear(report('failed', { errorCode: 'once', providerId: 'SM2' }));
    expect(await states()).toEqual(['failed']);
  });

  it('stops a channel that only its owner can mend, and keeps what is to be sent', async () => {
    await sendOne();
    await hear(report('failed', { errorCode: 'unpaid' }));
    expect(await parts()).toMatchObject([
      { state: 'queued', error_reason: 'there is a problem with paying' },
    ]);
    expect(deps.channelHealth.states()).toMatchObject([{ state: 'stopped', stop: { code: 'unpaid' } }]);
    await hear(report('delivered'));
    expect(deps.channelHealth.isStopped('twilio')).toBe(false);
  });

  it('applies a thousand reports in one transaction', async () => {
    const people = 250;
    const texts = Array.from({ length: people }, (_, index) => `text ${index}`);
    const { partIds } = await beginParts(work, texts);
    await work.run(async (stores) => {
      for (const [index, id] of partIds.entries()) await stores.outbox.sent(attempt(id), `SM${index}`);
    });
    const told = (['read', 'sent', 'delivered', 'read'] as const).flatMap((state) =>
      partIds.map((_, index) => report(state, { providerId: `SM${index}` })),
    );
    const unknown = Array.from({ length: 100 }, (_, index) => report('sent', { providerId: `SM-x${index}` }));
    transactions = 0;
    await hear(...told, ...unknown);
    expect(transactions).toBe(1);
    expect(new Set(await states())).toEqual(new Set(['read']));
    expect(await early()).toHaveLength(100);
  });

  it('is the same after the same webhook came from two sides at once', async () => {
    await sendOne();
    const all = [report('failed', { errorCode: 'passing' }), report('sent', { providerId: 'SM-x' })];
    await Promise.all([hear(...all), hear(...all), hear(...all.toReversed())]);
    expect(await parts()).toMatchObject([{ state: 'queued', failures: 1 }]);
    expect(await early()).toHaveLength(1);
  });

  it('hands templates over in its transaction, and warns of what concerns the account', async () => {
    const template = { channel: 'meta', name: 'update', language: 'en', state: 'approved' } as const;
    const seen: unknown[] = [];
    const applyAll = createApplyEvents({
      ...deps,
      onTemplates: async (_stores, reports) => void seen.push(...reports),
    });
    await applyAll([
      { kind: 'template', report: template },
      { kind: 'account', report: { channel: 'meta', code: 'ACCOUNT_RESTRICTION', title: 'Restricted' } },
    ]);
    expect(seen).toEqual([template]);
    expect(log.lines).toMatchObject([
      { level: 'warn', facts: { channel: 'meta', code: 'ACCOUNT_RESTRICTION', title: 'Restricted' } },
    ]);
  });

  it('stops a channel, has its owner alerted and goes on as the provider reports of the account', async () => {
    const tell = (code: string, meaning: AccountMeaning) =>
      apply([{ kind: 'account', report: { channel: 'twilio', code, title: '', meaning } }]);
    const state = () => deps.channelHealth.states()[0];
    await tell('FLAGGED', { kind: 'concerns_owner', words: 'of low quality' });
    await tell('DISABLED_UPDATE', { kind: 'stops', words: 'disabled' });
    expect(state()).toMatchObject({
      state: 'stopped',
      stop: { code: 'DISABLED_UPDATE', words: 'disabled' },
      alerts: [{ code: 'FLAGGED', words: 'of low quality' }],
    });
    await tell('UNFLAGGED', { kind: 'ends', codes: ['FLAGGED'] });
    expect(state()).toMatchObject({ state: 'stopped' });
    expect(state()).not.toHaveProperty('alerts');
    await tell('DISABLED_UPDATE', { kind: 'ends', codes: ['DISABLED_UPDATE'] });
    expect(state()).toEqual({ name: 'twilio', state: 'working' });
  });

  it('sends again for a day what was only sent too fast', async () => {
    const { userId, partIds } = await sendOne();
    for (let time = 1; time < 6; time += 1) {
      await hear(report('failed', { providerId: `SM${time}`, errorCode: 'limited' }));
      const [queued] = await work.run((stores) => stores.outbox.pending(userId));
      if (!queued) throw new Error('it was given up');
      clock.advance(8 * 60_000);
      await work.run(({ outbox }) => outbox.sending(queued));
      const begun = { id: partIds[0] ?? '', state: 'sending' as const, attempts: queued.attempts + 1 };
      await work.run(({ outbox }) => outbox.sent(begun, `SM${time + 1}`));
    }
    expect(await parts()).toMatchObject([{ state: 'sent', failures: 5 }]);
  });

  it('stores nothing when it cannot store all', async () => {
    await sendOne();
    const refuse = createApplyEvents({ ...deps, onTemplates: () => Promise.reject(new Error('full')) });
    const template = { channel: 'meta', name: 'update', language: 'en', state: 'approved' } as const;
    await expect(
      refuse([
        { kind: 'delivery', report: report('read') },
        { kind: 'template', report: template },
      ]),
    ).rejects.toThrow('full');
    expect(await states()).toEqual(['sent']);
    expect(announced).toEqual([]);
  });
});
