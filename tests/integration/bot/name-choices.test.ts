import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { reply } from '#src/bot/answer.ts';
import { toCommand } from '#src/bot/commands.ts';
import type { BotRules } from '#src/bot/deps.ts';
import { nameChoices } from '#src/bot/name-choices.ts';
import { receive } from '#src/bot/receive.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { Turn } from '#src/domain/turn.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const phone = '+15550001111';
const minuteMs = 60_000;
const choices = [
  { id: '/forget yes', title: 'Erase everything' },
  { id: '/export', title: 'A copy first' },
];

describe.each(engines)('a number on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let clock: ReturnType<typeof createTestClock>;
  let userId: string;
  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    await writes('hello');
    await commands();
    await says('Erase it?', { choices });
    clock.advance(2_000);
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const limits = { textUnits: 200 };
  const deps = () => ({
    unitOfWork: work,
    clock,
    channels: new Map<ChannelName, Channel>([['twilio', { name: 'twilio', limits } as Channel]]),
    metrics: createQuietMetrics(),
    rules: { appName: 'Bot', nudges: new Map() } as unknown as BotRules,
    live: { announce: () => {}, subscribe: () => () => {} },
    pause: async () => {},
  });
  async function writes(text: string, more: Partial<InboundMessage> = {}) {
    const accept = () =>
      work.run((stores) => stores.inbox.accept([inboundText(phone, text, more)], () => true));
    userId = (await accept())[0]?.userId ?? '';
    clock.advance(10);
  }
  const place = (channel: ChannelName) => ({
    userId,
    channel,
    replyAddress: `whatsapp:${phone}`,
    ownAddress: 'bot',
  });
  async function says(
    text: string,
    { channel = 'twilio' as ChannelName, ...extras }: PartExtras & { channel?: ChannelName } = {},
    which: 'first' | 'last' = 'first',
  ) {
    await work.run((stores) => stores.outbox.queueNotice(place(channel), [text], { extras }));
    await sendsWhatWaits(which);
  }
  async function sendsWhatWaits(which: 'first' | 'last' = 'first') {
    await work.run(async (stores) => {
      const part = (await stores.outbox.pending(userId)).at(which === 'first' ? 0 : -1);
      if (!part) throw new Error('nothing was queued');
      await stores.outbox.sending(part);
      await stores.outbox.sent({ ...part, state: 'sending', attempts: 1 }, `id of ${part.text}`);
    });
    clock.advance(10);
  }
  /** What the messages that nobody has looked at come to, turn by turn; afterwards they are answered. */
  async function commands() {
    await receive(deps(), userId);
    const found: unknown[] = [];
    for (;;) {
      const turn = await work.run((stores) => stores.turns.next(userId));
      if (!turn) return found;
      found.push(toCommand(turn.messages[0]) ?? turn.messages.map(({ text }) => text));
      await work.run((stores) => stores.turns.finish(turn.id, {}));
    }
  }

  it.each([
    ['1', 'forget yes'],
    ['2.', 'export'],
    ['٢', 'export'],
  ])('is the choice that was offered: %j', async (text, command) => {
    await writes(text);
    expect(await commands()).toEqual([command]);
    const message = await database.db
      .selectFrom('messages')
      .select(['content', 'details'])
      .where('content', '=', text)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(message.details)).toMatchObject({ button: { payload: `/${command}` } });
  });

  it('is the choice for somebody with a reaction in between, and when it quotes the question', async () => {
    await writes('👍', { providerType: 'reaction' });
    await writes('2', { quotedProviderId: 'id of Erase it?' });
    expect(await commands()).toEqual(['export']);
  });

  it('is the choice once', async () => {
    await writes('2');
    await writes('1');
    expect(await commands()).toEqual(['export', ['1']]);
    await writes('2');
    expect(await commands()).toEqual([['2']]);
  });

  it.each<[string, string, Partial<InboundMessage>?]>([
    ['there is no such choice', '3'],
    ['more is said', '1 please'],
    ['it answers another message', '1', { quotedProviderId: 'id of something else' }],
    ['it is forwarded', '1', { forwarded: true }],
    ['it stands below a file', '1', { attachments: [{ ref: 'x', declaredType: 'image/png' }] }],
    ['it is written on another channel', '1', { channel: 'meta', replyAddress: phone.slice(1) }],
  ])('is a message like any other when %s', async (_what, text, more) => {
    await writes(text, more);
    expect(await commands()).toEqual([[text]]);
  });

  it('is a message like any other after something else was said, by either side', async () => {
    await writes('wait');
    await writes('1');
    expect(await commands()).toEqual([['wait', '1']]);
    await says('Erase it?', { choices });
    await says('1. a list\n2. of the model');
    clock.advance(2_000);
    await writes('1');
    expect(await commands()).toEqual([['1']]);
  });

  it('is a message like any other after something that had waited for long was said', async () => {
    await work.run((stores) => stores.outbox.queueNotice(place('twilio'), ['How was it, 1 to 5?']));
    clock.advance(20 * minuteMs);
    await says('Erase it?', { choices }, 'last');
    await sendsWhatWaits();
    await writes('1');
    expect(await commands()).toEqual([['1']]);
  });

  it('is the choice in spite of what is said on another channel', async () => {
    await says('elsewhere', { channel: 'meta' });
    await writes('1');
    expect(await commands()).toEqual(['forget yes']);
  });

  it('is a message like any other after ten minutes', async () => {
    clock.advance(9 * minuteMs);
    await writes('2');
    expect(await commands()).toEqual(['export']);
    await says('Erase it?', { choices });
    clock.advance(10 * minuteMs);
    await writes('2');
    expect(await commands()).toEqual([['2']]);
  });

  it('is a message like any other while the question is not out', async () => {
    const address = {
      userId,
      channel: 'twilio' as const,
      replyAddress: `whatsapp:${phone}`,
      ownAddress: 'bot',
    };
    await says('Something else');
    await work.run((stores) => stores.outbox.queueNotice(address, ['Erase it?'], { extras: { choices } }));
    await writes('1');
    expect(await commands()).toEqual([['1']]);
  });

  it('is asked about only where it is one', async () => {
    await writes('one');
    await writes('Room 2');
    await work.run(async (stores) => {
      const received = await stores.inbox.undecided(userId);
      const refuse = () => Promise.reject(new Error('nobody said a number'));
      const silent = { ...stores, choices: { offeredBefore: refuse, chose: refuse } };
      expect(await nameChoices(silent, received)).toBe(received);
    });
  });

  it('has room below the longest text', async () => {
    await writes('/forget');
    await receive(deps(), userId);
    const turn = (await work.run((stores) => stores.turns.next(userId))) as Turn;
    const { parts } = await reply(deps(), turn, { text: 'word '.repeat(60), choices });
    const list = '\n\n1. Erase everything\n2. A copy first'.length;
    expect(parts.length).toBeGreaterThan(1);
    for (const { text } of parts) expect(text.length + list).toBeLessThanOrEqual(limits.textUnits);
    expect(parts.at(-1)?.choices).toEqual(choices);
  });
});
