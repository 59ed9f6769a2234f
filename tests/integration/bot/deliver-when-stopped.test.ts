import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createApplyEvents } from '#src/bot/apply-events.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import { deliver } from '#src/bot/deliver.ts';
import { lookAtHand } from '#src/bot/receive.ts';
import type { DeliveryReport } from '#src/domain/delivery.ts';
import { ProviderRefused, ProviderUnavailable, type RateLimit } from '#src/domain/errors.ts';
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

  describe('a provider that asks for a slower pace', () => {
    const tooFast = (rateLimit: RateLimit, retryAfterMs?: number) =>
      new ProviderUnavailable('slower', { rateLimit, retryAfterMs, vendorCode: '131056' });
    /** Seconds that are waited, time after time. */
    async function waits(times: number): Promise<number[]> {
      const waited: number[] = [];
      for (let time = 0; time < times; time += 1) {
        const seconds = secondsUntil((await deliverNow()).resting) ?? 0;
        waited.push(seconds);
        clock.advance(seconds * 1_000);
      }
      return waited;
    }

    it('is given one person’s messages at longer and longer intervals, in their order, and they use up no attempt', async () => {
      await queue(['one', 'two']);
      meanwhile = () => Promise.reject(tooFast('person', 6_000));
      expect(await waits(12)).toEqual([6, 12, 24, 48, 96, 192, 384, 480, 480, 480, 480, 480]);
      expect(sends).toEqual(Array(12).fill('meta 15550001111 one'));
      expect((await readParts(database.db))[0]).toMatchObject({ state: 'queued', attempts: 12, excused: 12 });
      meanwhile = async () => {};
      expect((await deliverNow()).resting).toBeUndefined();
      expect(sends.slice(12)).toEqual(['meta 15550001111 one', 'meta 15550001111 two']);
    });

    it('is left alone four times as long each time when the limit is for everybody, and never by all at once', async () => {
      await queue(['one']);
      meanwhile = () => Promise.reject(tooFast('everybody'));
      const [first = 0, second = 0, third = 0, ...more] = await waits(8);
      expect(first).toBeGreaterThanOrEqual(1);
      expect(first).toBeLessThanOrEqual(1.25);
      expect(second).toBeGreaterThanOrEqual(4);
      expect(third).toBeGreaterThanOrEqual(16);
      expect(third).toBeLessThanOrEqual(16 * 1.25 ** 3);
      expect(Math.max(...more)).toBeLessThanOrEqual(150);
    });

    it('is given up a day after the first attempt', async () => {
      await queue(['one'], { template: { name: 'news', language: 'en', values: {} } });
      meanwhile = () => Promise.reject(tooFast('everybody', 60_000));
      await deliverNow();
      clock.advance(24 * 60 * 60_000);
      await queue(['two'], { template: { name: 'news', language: 'en', values: {} } });
      expect((await deliverNow()).resting).toBeDefined();
      expect(await readParts(database.db)).toMatchObject([
        { text: 'one', state: 'failed', error_code: '131056', attempts: 2 },
        { text: 'two', state: 'queued', attempts: 1 },
      ]);
    });

    it('is not asked twice at once: an uncertain part stays uncertain when its look-up comes too fast', async () => {
      await queue(['one']);
      meanwhile = () => Promise.reject(lost());
      await expect(deliverNow()).rejects.toMatchObject({ uncertain: true });
      const findSent = () => Promise.reject(tooFast('everybody', 2_000));
      const meta = deps.channels.get('meta');
      if (meta) deps = { ...deps, channels: new Map([['meta', { ...meta, findSent }]]) };
      for (let time = 0; time < 12; time += 1) expect((await deliverNow()).resting).toBeDefined();
      expect((await readParts(database.db))[0]).toMatchObject({ state: 'sending', attempts: 1, excused: 0 });
    });
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

    it('is passed by on another one on which the person wrote within a day, in pieces where a text is too long', async () => {
      await queue(['this one is too long for it', 'after it'], { choices: [{ id: 'a', title: 'A' }] });
      await writes('twilio', `whatsapp:${phone}`);
      await deliverNow();
      await deliverNow();
      expect(sends).toEqual([
        'meta 15550001111 one',
        `twilio whatsapp:${phone} one`,
        `twilio whatsapp:${phone} two`,
      ]);
      expect((await deliverNow()).resting).toBeUndefined();
      const texts = ['one', 'two', 'this one is too', 'long for it', 'after it'];
      expect(sends.slice(1)).toEqual(texts.map((text) => `twilio whatsapp:${phone} ${text}`));
      const stored = await readParts(database.db);
      expect(stored.map((part) => [part.text, part.state, part.channel, part.rerouted_from])).toEqual(
        texts.map((text) => [text, 'sent', 'twilio', 'meta']),
      );
      expect(stored.slice(2).map(({ position }) => position)).toEqual([0, 1, 2]);
      expect(stored.map(({ extras }) => extras?.includes('choices') ?? false)).toEqual([
        ...[false, false, false, false],
        true,
      ]);
    });

    it('leaves choices with the last piece of their text, which has room for them as numbers', async () => {
      await queue(['which of these shall it be?'], { choices: [{ id: 'a', title: 'A' }] });
      await writes('twilio', `whatsapp:${phone}`);
      for (let looks = 0; looks < 3; looks += 1) await deliverNow();
      const pieces = (await readParts(database.db)).slice(2);
      expect(pieces.map(({ text }) => text)).toEqual(['which of these', 'shall it be?']);
      expect(pieces.map(({ extras }) => extras && JSON.parse(extras))).toEqual([
        null,
        { choices: [{ id: 'a', title: 'A' }] },
      ]);
    });

    it('keeps a file, goes past it with what comes after, and leaves quotations behind', async () => {
      const file = { path: '/data/a.txt', mimeType: 'text/plain', fileName: 'a.txt' };
      await writes('twilio', `whatsapp:${phone}`);
      await queue(['three'], { quotes: 'wamid.1' });
      await queue(['here'], { file });
      await queue(['four']);
      await deliverNow();
      const { resting } = await deliverNow();
      const on = (channel: string) => (text: string) => [channel, text];
      const way = () => sends.map((sent) => [sent.split(' ')[0], sent.split(' ').at(-1)]);
      const sent = [['meta', 'one'], ...['one', 'two', 'three', 'four'].map(on('twilio'))];
      expect(way()).toEqual(sent);
      expect(quoted).toEqual([]);
      // Nothing else waits for it, and it goes as soon as its channel works again.
      expect([secondsUntil(resting), [...(resting?.channels ?? [])]]).toEqual([30, []]);
      meanwhile = async () => {};
      clock.advance(30_000);
      await queue(['five']);
      expect((await deliverNow()).resting).toBeUndefined();
      expect(way()).toEqual([...sent, ...['here', 'five'].map(on('meta'))]);
    });

    it('holds up what comes after a file where the person cannot be reached another way', async () => {
      await deliverNow();
      await queue(['here'], { file: { path: '/data/a.txt', mimeType: 'text/plain', fileName: 'a.txt' } });
      await queue(['three']);
      expect([...((await deliverNow()).resting?.channels ?? [])]).toEqual(['meta']);
      expect(sends).toHaveLength(1);
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
