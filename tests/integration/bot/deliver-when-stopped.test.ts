import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createApplyEvents } from '#src/bot/apply-events.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import { deliver } from '#src/bot/deliver.ts';
import { lookAtHand } from '#src/bot/receive.ts';
import type { DeliveryReport } from '#src/domain/delivery.ts';
import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { readParts } from '#tests/support/part-in-flight.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const run: JobRun = { signal: new AbortController().signal, attempt: 1, lastAttempt: false, crashes: 0 };
const phone = '+15550001111';
const expired = () => new ProviderRefused('credentials', 'no', { vendorCode: '190' });
const lost = () => new ProviderUnavailable('dropped', { uncertain: true });

describe.each(engines)('delivering on a channel that cannot be asked, on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let clock: ReturnType<typeof createTestClock>;
  let log: ReturnType<typeof createQuietLog>;
  let deps: Parameters<typeof deliver>[0];
  let userId: string;
  let sends: string[];
  let quoted: string[];
  /** What happens while a part is with the provider. */
  let meanwhile: (part: OutboundPart) => Promise<void>;

  const channelNamed = (name: ChannelName, textUnits: number): Channel => ({
    name,
    limits: { textUnits },
    fetchMedia: () => Promise.reject(new Error('not used')),
    async send(part) {
      sends.push(`${name} ${part.to} ${part.text}`);
      if (part.quotes) quoted.push(part.quotes);
      await meanwhile(part);
      return { providerId: `id ${sends.length}` };
    },
    showTyping: async () => {},
    explain: (code) =>
      code === '190'
        ? { kind: 'stops', words: 'the access token has expired' }
        : code === '130497'
          ? { kind: 'final', words: 'not in this country', concernsOwner: true }
          : undefined,
  });

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    log = createQuietLog();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    sends = [];
    quoted = [];
    meanwhile = async () => {};
    deps = {
      unitOfWork: work,
      channels: new Map([
        ['meta', channelNamed('meta', 4096)],
        ['twilio', channelNamed('twilio', 20)],
      ]),
      channelHealth: createChannelHealth({ channels: ['meta', 'twilio'], clock, log }),
      clock,
      log,
      live: createLive({ log }),
      metrics: createQuietMetrics(),
      startedAt: clock.now(),
      rules: { nudges: new Map() },
    };
    // The process has been running for a while.
    clock.advance(60_000);
    userId = '';
    await writes('meta', '15550001111');
  });
  afterEach(() => database[Symbol.asyncDispose]());

  async function writes(channel: ChannelName, replyAddress: string): Promise<void> {
    await work.run(async (stores) => {
      const message = inboundText(phone, 'hello', { channel, replyAddress });
      const [accepted] = await stores.inbox.accept([message], () => true);
      userId = accepted?.userId ?? '';
    });
  }
  const queue = (texts: readonly string[], extras?: PartExtras) =>
    work.run(async (stores) => {
      const stored = (await stores.inbox.undecided(userId)).find(({ channel }) => channel === 'meta');
      if (stored) await stores.outbox.queueNotice(stored, texts, extras && { extras });
    });
  const deliverNow = async () =>
    deliver(deps, userId, await work.run((stores) => lookAtHand(stores, userId)), run);
  const hear = (report: Pick<DeliveryReport, 'state'> & Partial<DeliveryReport>) =>
    createApplyEvents({ ...deps, jobs: { poke: () => {} } })([
      { kind: 'delivery', report: { channel: 'meta', providerId: 'id 1', at: clock.now(), ...report } },
    ]);
  const parts = async () =>
    (await readParts(database.db)).map((part) => [part.text, part.state, part.provider_id]);
  const secondsUntil = (resting: { until: Date } | undefined) =>
    resting && (resting.until.getTime() - clock.now().getTime()) / 1000;

  describe('a part whose sending is uncertain', () => {
    let reference: string;
    beforeEach(async () => {
      await queue(['one', 'two']);
      meanwhile = async ({ id }) => {
        reference = id;
        throw lost();
      };
      await expect(deliverNow()).rejects.toMatchObject({ uncertain: true });
      meanwhile = async () => {};
    });

    it('is not sent twice when a report says that it went out', async () => {
      clock.advance(1_000);
      const { resting } = await deliverNow();
      expect(secondsUntil(resting)).toBe(29);
      await hear({ state: 'sent', reference });
      expect((await deliverNow()).resting).toBeUndefined();
      expect(sends).toEqual(['meta 15550001111 one', 'meta 15550001111 two']);
      expect(await parts()).toEqual([
        ['one', 'sent', 'id 1'],
        ['two', 'sent', 'id 2'],
      ]);
    });

    it('is sent again, before those behind it, when no report came within half a minute', async () => {
      clock.advance(29_999);
      expect((await deliverNow()).resting).toBeDefined();
      expect(sends).toHaveLength(1);
      clock.advance(1);
      expect((await deliverNow()).resting).toBeUndefined();
      expect(sends.map((sent) => sent.split(' ')[2])).toEqual(['one', 'one', 'two']);
    });

    it('waits anew after each attempt, and after a start', async () => {
      clock.advance(30_000);
      meanwhile = () => Promise.reject(lost());
      await expect(deliverNow()).rejects.toMatchObject({ uncertain: true });
      clock.advance(5_000);
      expect(secondsUntil((await deliverNow()).resting)).toBe(25);
      // Reports of a downtime come when the provider tries again.
      clock.advance(3_600_000);
      deps = { ...deps, startedAt: clock.now() };
      expect(secondsUntil((await deliverNow()).resting)).toBe(30);
      expect(sends).toHaveLength(2);
    });

    it('that is told to have failed is sent again when its failure passes', async () => {
      const explain: Channel['explain'] = () => ({ kind: 'passes', words: 'too fast', retryAfterMs: 6_000 });
      const meta = deps.channels.get('meta');
      if (meta) deps = { ...deps, channels: new Map([['meta', { ...meta, explain }]]) };
      await hear({ state: 'failed', errorCode: '131056', reference });
      expect(secondsUntil((await deliverNow()).resting)).toBe(6);
      clock.advance(6_000);
      await deliverNow();
      expect(sends.map((sent) => sent.split(' ')[2])).toEqual(['one', 'one', 'two']);
    });
  });

  it('takes a report that is quicker than the answer to the call', async () => {
    await queue(['one', 'two']);
    meanwhile = ({ id, text }) =>
      text === 'one' ? hear({ state: 'delivered', reference: id }) : Promise.resolve();
    await deliverNow();
    expect(await parts()).toEqual([
      ['one', 'delivered', 'id 1'],
      ['two', 'sent', 'id 2'],
    ]);
  });

  it('applies what was reported under an id nobody knew yet', async () => {
    await queue(['one']);
    meanwhile = () => hear({ state: 'read' });
    await deliverNow();
    expect(await parts()).toEqual([['one', 'read', 'id 1']]);
  });

  it('goes on where one person cannot be reached, and tells the owner what concerns others as well', async () => {
    await queue(['one']);
    meanwhile = async () => {
      throw new ProviderRefused('recipient', 'no', { vendorCode: '130497' });
    };
    await deliverNow();
    meanwhile = async () => {};
    await queue(['two']);
    await deliverNow();
    expect((await parts()).map(([text, state]) => [text, state])).toEqual([
      ['one', 'failed'],
      ['two', 'sent'],
    ]);
    const alerts = [{ code: '130497', words: 'not in this country' }];
    expect(deps.channelHealth.states()[0]).toMatchObject({ name: 'meta', state: 'working', alerts });
  });

  it('tells the owner what a report says that concerns others as well', async () => {
    await queue(['one']);
    await deliverNow();
    await hear({ state: 'failed', errorCode: '130497' });
    const alerts = [{ code: '130497', words: 'not in this country' }];
    expect(deps.channelHealth.states()[0]).toMatchObject({ name: 'meta', state: 'working', alerts });
  });

  describe('a channel that has stopped', () => {
    beforeEach(async () => {
      await queue(['one', 'two']);
      meanwhile = async ({ to }) => {
        if (!to.startsWith('whatsapp:')) throw expired();
      };
    });

    it('loses nothing: it is tried again after a pause and goes on where it stopped', async () => {
      expect((await deliverNow()).resting).toBeUndefined();
      const { resting } = await deliverNow();
      expect(secondsUntil(resting)).toBe(30);
      expect([...(resting?.channels ?? [])]).toEqual(['meta']);
      expect(sends).toHaveLength(1);
      expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
      for (let tries = 0; tries < 12; tries += 1) {
        clock.advance(8 * 60_000);
        await deliverNow();
      }
      expect(sends).toHaveLength(13);
      meanwhile = async () => {};
      clock.advance(8 * 60_000);
      expect((await deliverNow()).resting).toBeUndefined();
      expect((await parts()).map(([text, state]) => [text, state])).toEqual([
        ['one', 'sent'],
        ['two', 'sent'],
      ]);
      expect(deps.channelHealth.isStopped('meta')).toBe(false);
    });

    it('leaves an answer that was stored meanwhile queued: nothing about it is uncertain', async () => {
      await deliverNow();
      const [part] = await work.run((stores) => stores.outbox.pending(userId));
      if (!part) throw new Error('nothing waits');
      await work.run((stores) => stores.outbox.sending(part));
      const begun = { ...part, state: 'sending', attempts: part.attempts + 1, isBegun: true } as const;
      const { resting } = await deliver(deps, userId, { parts: [begun], turn: undefined }, run);
      expect(resting).toBeDefined();
      expect((await readParts(database.db))[0]).toMatchObject({ state: 'queued', attempts: 2, excused: 2 });
      expect(sends).toHaveLength(1);
    });

    it('is passed by on another one on which the person wrote within a day, where the text fits', async () => {
      await queue(['this one is too long for it']);
      await writes('twilio', `whatsapp:${phone}`);
      await deliverNow();
      const { resting } = await deliverNow();
      expect(sends).toEqual([
        'meta 15550001111 one',
        `twilio whatsapp:${phone} one`,
        `twilio whatsapp:${phone} two`,
      ]);
      expect([...(resting?.channels ?? [])]).toEqual(['meta']);
      expect((await readParts(database.db)).map((part) => [part.channel, part.rerouted_from])).toEqual([
        ['twilio', 'meta'],
        ['twilio', 'meta'],
        ['meta', null],
      ]);
    });

    it('is not passed by with a file or choices, and a quotation stays behind', async () => {
      const file = { path: '/data/a.txt', mimeType: 'text/plain', fileName: 'a.txt' };
      await writes('twilio', `whatsapp:${phone}`);
      await queue(['three'], { quotes: 'wamid.1' });
      await queue(['here'], { file });
      await queue(['which?'], { choices: [{ id: 'a', title: 'A' }] });
      await deliverNow();
      await deliverNow();
      expect(sends.map((sent) => [sent.split(' ')[0], sent.split(' ').at(-1)])).toEqual([
        ['meta', 'one'],
        ['twilio', 'one'],
        ['twilio', 'two'],
        ['twilio', 'three'],
      ]);
      expect(quoted).toEqual([]);
      expect((await readParts(database.db)).map(({ channel, extras }) => [channel, extras])).toEqual([
        ['twilio', null],
        ['twilio', null],
        ['twilio', null],
        ['meta', JSON.stringify({ file })],
        ['meta', expect.stringContaining('choices')],
      ]);
    });

    it('is tried again after its rest although another one could be used', async () => {
      await writes('twilio', `whatsapp:${phone}`);
      await deliverNow();
      await deliverNow();
      meanwhile = async () => {};
      clock.advance(30_000);
      await queue(['three', 'four']);
      await deliverNow();
      expect(sends.map((sent) => [sent.split(' ')[0], sent.split(' ').at(-1)])).toEqual([
        ['meta', 'one'],
        ['twilio', 'one'],
        ['twilio', 'two'],
        ['meta', 'three'],
        ['meta', 'four'],
      ]);
      expect(deps.channelHealth.isStopped('meta')).toBe(false);
    });

    it('is not passed by when the person has not written there for a day', async () => {
      await writes('twilio', `whatsapp:${phone}`);
      clock.advance(24 * 60 * 60_000);
      await writes('meta', '15550001111');
      await deliverNow();
      await deliverNow();
      expect(sends).toEqual(['meta 15550001111 one']);
    });
  });
});
