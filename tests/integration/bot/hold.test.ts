import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createApplyEvents } from '#src/bot/apply-events.ts';
import { applyWishes } from '#src/bot/apply-wishes.ts';
import { createChannelHealth } from '#src/bot/channel-health.ts';
import { deliver } from '#src/bot/deliver.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { receive } from '#src/bot/receive.ts';
import { wording } from '#src/bot/wording.ts';
import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { readParts } from '#tests/support/part-in-flight.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const phone = '+15550001111';
const hourMs = 60 * 60_000;
const run = { signal: new AbortController().signal, attempt: 1, lastAttempt: false, crashes: 0 };

describe.each(engines)('what a closed window holds back, on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let clock: ReturnType<typeof createTestClock>;
  let health: ReturnType<typeof createChannelHealth>;
  let sends: string[];
  let refuse: () => ProviderRefused | undefined;
  let queries: number;
  let nudges: Map<ChannelName, { name: string; language: string; values: Record<string, string> }>;
  let userId: string;

  const channelNamed = (name: ChannelName, textUnits: number): Channel => ({
    name,
    limits: { textUnits },
    fetchMedia: () => Promise.reject(new Error('not used')),
    async send(part) {
      const refusal = part.template ? undefined : refuse();
      if (refusal) throw refusal;
      sends.push(`${name} ${part.to} ${part.template?.name ?? part.text}`);
      return { providerId: `id ${sends.length}` };
    },
    showTyping: async () => {},
    explain: (code) => (code === '63016' ? { kind: 'window', words: 'not for 24 hours' } : undefined),
  });
  const deps = () => ({
    unitOfWork: {
      run: ((steps) => {
        queries += 1;
        return work.run(steps);
      }) as UnitOfWork['run'],
    },
    channels: new Map<ChannelName, Channel>([
      ['meta', channelNamed('meta', 4096)],
      ['twilio', channelNamed('twilio', 30)],
      ['simulator', channelNamed('simulator', 1600)],
    ]),
    channelHealth: health,
    clock,
    log: createQuietLog(),
    live: createLive({ log: createQuietLog() }),
    metrics: createQuietMetrics(),
    startedAt: new Date(0),
    rules: { appName: 'Bot', nudges } as unknown as BotRules,
  });

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    health = createChannelHealth({ channels: ['meta', 'twilio'], clock, log: createQuietLog() });
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    [sends, queries] = [[], 0];
    refuse = () => undefined;
    nudges = new Map([
      ['meta', { name: 'update_waiting', language: 'en_US', values: {} }],
      ['twilio', { name: `HX${'0'.repeat(32)}`, language: '', values: {} }],
    ]);
    await writes('meta', 'hello');
  });
  afterEach(() => database[Symbol.asyncDispose]());

  async function writes(channel: ChannelName, text: string, more: Partial<InboundMessage> = {}) {
    const replyAddress = channel === 'twilio' ? `whatsapp:${phone}` : phone.slice(1);
    const message = inboundText(phone, text, { channel, replyAddress, ...more });
    await work.run(async (stores) => {
      const fresh = await stores.inbox.accept([message], () => true);
      userId = fresh[0]?.userId ?? userId;
      await applyWishes(stores, clock, fresh);
    });
  }
  const look = () => receive(deps(), userId);
  async function serve() {
    let atHand = await look();
    for (let round = 0; atHand.parts.length > 0 && round < 5; round += 1)
      atHand = await deliver(deps(), userId, atHand, run);
    return atHand;
  }
  async function answer(texts: readonly string[]) {
    const { turn } = await look();
    if (!turn) throw new Error('there is no turn');
    return work.run((stores) => stores.turns.answer(turn, { text: texts.join('\n'), parts: texts }));
  }
  const notice = (text: string, channel: ChannelName = 'meta') =>
    work.run((stores) =>
      stores.outbox.queueNotice({ userId, channel, replyAddress: phone.slice(1), ownAddress: '1' }, [text]),
    );
  const states = async () => (await readParts(database.db)).map((part) => `${part.text}: ${part.state}`);

  it('asks nothing about an answer to a message of these hours', async () => {
    const atHand = await answer(['one', 'two']);
    queries = 0;
    await deliver(deps(), userId, atHand, run);
    expect(sends).toEqual(['meta 15550001111 one', 'meta 15550001111 two']);
    // Out, begun, out and over with what is at hand then.
    expect(queries).toBe(3);
  });

  it('keeps an answer that comes too late, tells once that it waits, and sends it in order when they write', async () => {
    const atHand = await answer(['one', 'two']);
    clock.advance(24 * hourMs);
    await deliver(deps(), userId, atHand, run);
    await serve();
    expect(sends).toEqual(['meta 15550001111 update_waiting']);
    expect(await states()).toEqual(['one: held', 'two: held', `${wording.nudge}: sent`]);
    expect((await readParts(database.db))[0]).toMatchObject({
      error_code: 'outside_window',
      error_reason: expect.stringContaining('24 hours'),
    });
    expect(await database.db.selectFrom('turns').select('state').execute()).toEqual([{ state: 'done' }]);

    await notice('three');
    await serve();
    expect(sends).toHaveLength(1);

    await writes('meta', 'what is it?');
    const next = await serve();
    expect(sends.slice(1)).toEqual(['one', 'two', 'three'].map((text) => `meta 15550001111 ${text}`));
    expect(next.turn?.messages.map(({ text }) => text)).toEqual(['what is it?']);
    expect((await readParts(database.db)).map((part) => part.error_code)).toEqual([null, null, null, null]);

    clock.advance(25 * hourMs);
    await notice('four');
    await serve();
    expect(sends.at(-1)).toBe('meta 15550001111 update_waiting');
  });

  it('keeps a few minutes from the end of the window', async () => {
    await look();
    clock.advance(24 * hourMs - 6 * 60_000);
    await notice('in time');
    await serve();
    clock.advance(2 * 60_000);
    await notice('too close');
    await serve();
    expect(sends).toEqual(['meta 15550001111 in time', 'meta 15550001111 update_waiting']);
  });

  it('goes by when a message was written, not when it came', async () => {
    const sentAtMs = clock.now().getTime() - 23 * hourMs;
    await look();
    clock.advance(2 * hourMs);
    await writes('twilio', 'late', { sentAtMs });
    await look();
    await notice('answer', 'twilio');
    await serve();
    expect(sends).toEqual([`twilio 15550001111 HX${'0'.repeat(32)}`]);
  });

  it('leaves a message alone that comes when the window is over, whoever wrote it', async () => {
    await look();
    await writes('meta', 'days ago', { sentAtMs: clock.now().getTime() - 25 * hourMs });
    await work.run((stores) =>
      stores.inbox.accept(
        [
          inboundText('+15550002222', 'a stranger', {
            channel: 'meta',
            sentAtMs: clock.now().getTime() - 25 * hourMs,
          }),
        ],
        () => false,
      ),
    );
    const stranger = await database.db
      .selectFrom('users')
      .select('id')
      .where('phone_number', '=', '+15550002222')
      .executeTakeFirstOrThrow();
    await receive(deps(), stranger.id);
    const { parts } = await look();
    expect(parts).toEqual([]);
    const verdicts = await database.db
      .selectFrom('messages')
      .select(['content', 'verdict', 'is_processed'])
      .orderBy('id')
      .execute();
    expect(verdicts.slice(1)).toEqual([
      { content: 'days ago', verdict: 'outside_window', is_processed: 1 },
      { content: 'a stranger', verdict: 'outside_window', is_processed: 1 },
    ]);
  });

  it('believes the provider that the window is closed, and lets nothing overtake', async () => {
    const atHand = await answer(['one', 'two']);
    let refusals = 0;
    refuse = () => {
      refusals += 1;
      return refusals > 1 ? undefined : new ProviderRefused('window', 'closed', { vendorCode: '131047' });
    };
    await deliver(deps(), userId, atHand, run);
    await serve();
    expect(await states()).toEqual(['one: held', 'two: held', `${wording.nudge}: sent`]);
    refuse = () => undefined;
    await writes('meta', 'yes?');
    await serve();
    expect(sends.slice(1)).toEqual(['meta 15550001111 one', 'meta 15550001111 two']);
  });

  it('believes a report that says so, unless they have written meanwhile', async () => {
    const report = (providerId: string) =>
      createApplyEvents({ ...deps(), jobs: { poke: () => {} } })([
        {
          kind: 'delivery',
          report: { channel: 'twilio', providerId, state: 'failed', errorCode: '63016', at: clock.now() },
        },
      ]);
    await writes('twilio', 'hi');
    await look();
    await notice('one', 'twilio');
    await serve();
    await report('id 1');
    expect(await states()).toEqual(['one: held', `${wording.nudge}: queued`]);
    await serve();
    await report('id 1');
    expect(await states()).toEqual(['one: held', `${wording.nudge}: sent`]);

    clock.advance(1_000);
    await writes('twilio', 'again');
    await serve();
    clock.advance(1_000);
    await writes('twilio', 'and again');
    await report(`id ${sends.length}`);
    expect((await states())[0]).toBe('one: queued');
  });

  it('sends what waits for one channel on another one that they write on, if all of it fits', async () => {
    await look();
    clock.advance(25 * hourMs);
    await notice('short');
    await notice('something that is too long for the other channel');
    await serve();
    await writes('twilio', 'hi');
    await serve();
    expect(sends).toEqual(['meta 15550001111 update_waiting']);
    await writes('meta', 'hi');
    await serve();
    expect(sends).toHaveLength(3);

    clock.advance(25 * hourMs);
    await notice('short again');
    await serve();
    await writes('twilio', 'hello');
    await serve();
    expect(sends.at(-1)).toBe(`twilio whatsapp:${phone} short again`);
  });

  it('sends an answer that quotes on another channel as well, without the quotation', async () => {
    const atHand = await answer(['one', 'two']);
    clock.advance(25 * hourMs);
    await deliver(deps(), userId, atHand, run);
    await serve();
    expect((await readParts(database.db))[0]?.extras).toContain('quotes');
    await writes('twilio', 'hi');
    await serve();
    expect(sends.slice(1)).toEqual(['one', 'two'].map((text) => `twilio whatsapp:${phone} ${text}`));
    expect((await readParts(database.db))[0]?.extras).toBeNull();
  });

  it('tells of what waits on the channel they went on with, although something else still waits', async () => {
    await look();
    clock.advance(25 * hourMs);
    await notice('something that is too long for the other channel');
    await serve();
    clock.advance(1_000);
    await writes('twilio', 'hi');
    await serve();
    clock.advance(25 * hourMs);
    await notice('new', 'twilio');
    await notice('and newer', 'twilio');
    await serve();
    expect(sends).toEqual(['meta 15550001111 update_waiting', `twilio 15550001111 HX${'0'.repeat(32)}`]);
  });

  it('tells anew once what waited turns out to have arrived', async () => {
    await notice('one');
    await serve();
    const hear = (state: 'failed' | 'delivered', errorCode?: string) =>
      createApplyEvents({ ...deps(), jobs: { poke: () => {} } })([
        {
          kind: 'delivery',
          report: { channel: 'meta', providerId: 'id 1', state, errorCode, at: clock.now() },
        },
      ]);
    await hear('failed', '63016');
    await serve();
    await hear('delivered');
    clock.advance(25 * hourMs);
    await notice('two');
    await serve();
    expect(sends).toEqual(
      ['one', 'update_waiting', 'update_waiting'].map((text) => `meta 15550001111 ${text}`),
    );
  });

  it('holds nothing for somebody who has sent STOP by the time a report says that it did not get through', async () => {
    await notice('one');
    await serve();
    clock.advance(1_000);
    await writes('meta', 'STOP');
    await serve();
    await createApplyEvents({ ...deps(), jobs: { poke: () => {} } })([
      {
        kind: 'delivery',
        report: { channel: 'meta', providerId: 'id 1', state: 'failed', errorCode: '63016', at: clock.now() },
      },
    ]);
    await serve();
    expect((await readParts(database.db))[0]).toMatchObject({ state: 'failed', error_code: 'opted_out' });
    expect((await states()).filter((state) => state.startsWith(wording.nudge))).toEqual([]);
  });

  it('does not repeat a nudge that nobody can look for, as its words are unknown', async () => {
    const lookedFor: string[] = [];
    const twilio: Channel = {
      ...channelNamed('twilio', 1600),
      send: (part) => {
        sends.push(part.text);
        return Promise.reject(new ProviderUnavailable('dropped', { uncertain: true }));
      },
      findSent: async (part) => {
        lookedFor.push(part.text);
        return null;
      },
    };
    const broken = () => ({ ...deps(), channels: new Map<ChannelName, Channel>([['twilio', twilio]]) });
    await writes('twilio', 'hi');
    await look();
    clock.advance(25 * hourMs);
    await notice('one', 'twilio');
    await deliver(broken(), userId, await look(), run);
    await expect(deliver(broken(), userId, await look(), run)).rejects.toMatchObject({ uncertain: true });
    await deliver(broken(), userId, await look(), run);
    expect([sends, lookedFor]).toEqual([[wording.nudge], [wording.nudge]]);
    expect(await states()).toEqual(['one: held', `${wording.nudge}: failed`]);
    await writes('twilio', 'hello');
    await serve();
    expect(sends.at(-1)).toBe(`twilio whatsapp:${phone} one`);
  });

  it('keeps what waits without a template, and tells the owner once', async () => {
    nudges.clear();
    await look();
    clock.advance(25 * hourMs);
    await notice('one');
    await notice('two');
    await serve();
    expect(sends).toEqual([]);
    expect(await states()).toEqual(['one: held', 'two: held']);
    expect(health.states()[0]?.alerts).toMatchObject([{ code: 'no_nudge_template' }]);
    await writes('meta', 'hi');
    await serve();
    expect(sends).toHaveLength(2);
  });

  it('sends nothing that waits to somebody who wants no messages', async () => {
    await look();
    clock.advance(25 * hourMs);
    await notice('one');
    await serve();
    await writes('meta', 'STOP');
    await serve();
    expect((await states())[0]).toBe('one: failed');
    await writes('meta', 'START');
    await serve();
    expect(sends.filter((text) => text.endsWith('one'))).toEqual([]);
  });

  it('sends what waits to somebody who answers START', async () => {
    await look();
    clock.advance(25 * hourMs);
    await notice('one');
    await serve();
    await writes('meta', 'START');
    await serve();
    expect(sends[1]).toBe('meta 15550001111 one');
  });

  it('has no window on the chat page', async () => {
    await look();
    clock.advance(25 * hourMs);
    await notice('one', 'simulator');
    await serve();
    expect(sends).toEqual(['simulator 15550001111 one']);
  });
});
