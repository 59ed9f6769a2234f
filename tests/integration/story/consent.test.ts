import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buttonReply, newSid } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({
    WHITELISTED_USERS:
      '+15550003001,+15550003002,+15550003003,+15550003004,+15550003005,+15550003006,+15550003007,+15550003008,+15550003009',
    RATE_LIMIT_MESSAGES: '6',
    RATE_LIMIT_WINDOW_SECONDS: '2',
  });
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(() => world[Symbol.asyncDispose]());

interface StoredMessage {
  readonly content: string;
  readonly verdict: string | null;
  readonly is_processed: boolean;
}

async function userOf(phone: string): Promise<{ id: string; opted_out_at: string | null }> {
  const { body } = await world.api(`/users?q=${encodeURIComponent(phone)}`);
  const [user] = body.items as { id: string; opted_out_at: string | null }[];
  if (!user) throw new Error('nobody has this number');
  return user;
}

async function storedOf(phone: string): Promise<StoredMessage[]> {
  const { id } = await userOf(phone);
  const { body } = await world.api(`/messages?user_id=${id}&direction=inbound&limit=100`);
  return body.items as StoredMessage[];
}

const judged = (phone: string, content: string) =>
  waitFor(`the verdict on ${content}`, async () => {
    const message = (await storedOf(phone)).find((stored) => stored.content === content);
    return message?.verdict ? message : undefined;
  });

async function logOf(phone: string): Promise<Record<string, unknown>[]> {
  const { id } = await userOf(phone);
  return (await world.api(`/users/${id}/consents`)).body.items as Record<string, unknown>[];
}

describe('a conversation about consent', () => {
  it.each([
    ['English', '+15550003001', 'STOP', 'START', 'no more messages', 'Welcome back'],
    ['Spanish', '+15550003002', '¡Baja!', 'Alta', 'no recibirás más', 'de vuelta'],
    ['Portuguese', '+15550003003', 'sair', 'Começar', 'não receberá mais', 'de volta'],
    ['French', '+15550003004', 'Arrêt', 'démarrer', 'ne recevrez plus', 'Bon retour'],
    ['German', '+15550003005', 'Abmelden', 'anmelden', 'keine Nachrichten mehr', 'Willkommen'],
  ])('in %s', async (_language, phone, stop, start, stopped, resumed) => {
    const person = world.person(phone);
    await person.says(`${stop}, he is not coming`);
    expect(await person.hears()).toBe('Understood.');
    const calls = world.openai.calls.length;

    await person.says(stop);
    expect(await person.hears()).toContain(stopped);
    await person.says(stop);
    await person.says('are you still there?');
    await person.says('/help');
    expect((await judged(phone, 'are you still there?')).verdict).toBe('opted_out');
    expect((await judged(phone, '/help')).is_processed).toBe(true);
    expect((await userOf(phone)).opted_out_at).not.toBeNull();

    await person.says(start);
    expect(await person.hears()).toContain(resumed);
    expect((await userOf(phone)).opted_out_at).toBeNull();
    expect(world.openai.calls).toHaveLength(calls);

    await person.says('and now?');
    expect(await person.hears()).toBe('Understood.');
    expect(person.heard).toHaveLength(4);
    expect(world.openai.calls).toHaveLength(calls + 1);
    const log = await logOf(phone);
    expect(log.map(({ type, action, source, channel }) => [type, action, source, channel])).toEqual([
      ['messages', 'granted', 'message', 'twilio'],
      ['messages', 'revoked', 'message', 'twilio'],
    ]);
    for (const entry of log) {
      expect(entry.wording_version).toBe('1');
      const said = await world.api(`/messages/${entry.message_id}`);
      expect([stop, start]).toContain(said.body.content);
    }
  });
});

describe('STOP', () => {
  it('is heard from a stranger, who is told nothing else then', async () => {
    const stranger = world.person('+15550009001');
    await stranger.says('stop');
    expect(await stranger.hears()).toContain('no more messages');
    await stranger.says('let me in');
    expect((await judged(stranger.phone, 'let me in')).verdict).toBe('opted_out');
    expect(stranger.heard).toHaveLength(1);
    await stranger.says('/start');
    expect(await stranger.hears()).toContain('Welcome back');
    await stranger.says('let me in now');
    expect(await stranger.hears()).toContain('not on its list');
  });

  it('is heard beyond the rate limit', async () => {
    const person = world.person('+15550003006');
    await Promise.all(Array.from({ length: 9 }, (_, line) => person.says(`line ${line}`)));
    await person.says('Stop.');
    await waitFor('the confirmation', () => person.heard.some((text) => text.includes('no more messages')));
    expect(await storedOf(person.phone)).toHaveLength(10);
    expect((await userOf(person.phone)).opted_out_at).not.toBeNull();
  });

  it('keeps back the answer that is being written, and what waits behind it', async () => {
    const person = world.person('+15550003007');
    const calls = world.openai.calls.length;
    world.openai.next({ kind: 'slow', ms: 1_500 });
    await person.says('a long question');
    await world.openai.called(calls + 1);
    await person.says('and another one');
    await person.says('STOP');
    expect(await person.hears()).toContain('no more messages');
    await person.says('START');
    expect(await person.hears()).toContain('Welcome back');
    await person.says('hello again');
    expect(await person.hears()).toBe('Understood.');
    expect(person.heard).toHaveLength(3);
    expect((await judged(person.phone, 'and another one')).verdict).toBe('opted_out');
    // The call was cut short: nobody knows what it cost.
    const { id } = await userOf(person.phone);
    const { body } = await world.api(`/usage?user_id=${id}`);
    expect((body.totals as { calls: number }).calls).toBe(1);
    const { body: work } = await world.api('/workers');
    expect(work.failures).toEqual([]);
  });

  it('keeps back the rest of a long answer', async () => {
    const person = world.person('+15550003008');
    const paragraph = 'words of a long answer '.repeat(60);
    world.openai.answers(() => ({
      text: Array.from({ length: 6 }, (_, at) => `${at}. ${paragraph}`).join('\n\n'),
    }));
    world.twilio.nextSends(['ok', { status: 429, code: 20429, retryAfter: 2 }]);
    await person.says('tell me everything');
    expect(await person.hears()).toContain('0. words');
    await person.says('stop');
    expect(await person.hears()).toContain('no more messages');
    world.openai.answers(() => ({ text: 'Understood.' }));
    await person.says('START');
    expect(await person.hears()).toContain('Welcome back');
    const { id } = await userOf(person.phone);
    const { body } = await world.api(`/messages?user_id=${id}&direction=outbound&limit=10`);
    const answer = (body.items as { id: string; content: string; error_message: string | null }[]).find(
      ({ content }) => content.includes('words of a long answer'),
    );
    expect(answer?.error_message).toContain('opted_out');
    const detail = (await world.api(`/messages/${answer?.id}`)).body;
    const ends = (detail.outbound_parts as { state: string; error_code: string | null }[]).map(
      ({ state, error_code }) => `${state} ${error_code ?? ''}`.trim(),
    );
    expect(ends).toHaveLength(6);
    expect(ends.slice(1)).toEqual(ends.slice(1).map(() => 'failed opted_out'));
  });

  it('comes from the provider as well', async () => {
    const person = world.person('+15550003009');
    world.twilio.nextSends([{ status: 400, code: 21610 }]);
    await person.says('hello');
    await waitFor('the wish', async () => (await userOf(person.phone)).opted_out_at !== null);
    expect(await logOf(person.phone)).toMatchObject([
      { action: 'revoked', source: 'provider', channel: 'twilio', detail: '21610', message_id: null },
    ]);
    await person.says('START');
    expect(await person.hears()).toContain('Welcome back');
  });

  it('sent twice by Twilio is one', async () => {
    const person = world.person('+15550009002');
    const MessageSid = newSid('SM');
    const extra = { MessageSid, SmsMessageSid: MessageSid, SmsSid: MessageSid };
    await person.says('stop', extra);
    expect(await person.hears()).toContain('no more messages');
    await person.says('start');
    expect(await person.hears()).toContain('Welcome back');
    await person.says('stop', extra);
    expect((await userOf(person.phone)).opted_out_at).toBeNull();
  });
});

describe('a button against promotions', () => {
  it('is answered with one line and no model, and everything else goes on', async () => {
    const person = world.person('+15550003002');
    const before = person.heard.length;
    const calls = world.openai.calls.length;
    const repliedSid = newSid('SM');
    const tap = (text: string) =>
      person.delivers(buttonReply({ from: person.phone, text, payload: text, repliedSid }));
    await tap('Detener promociones');
    await waitFor('the confirmation', () => person.heard.length === before + 1);
    expect(person.heard.at(-1)).toContain('no recibirás más promociones');
    expect((await userOf(person.phone)).opted_out_at).toBeNull();
    expect((await logOf(person.phone))[0]).toMatchObject({
      type: 'marketing',
      action: 'revoked',
      source: 'message',
      channel: 'twilio',
    });
    expect(world.openai.calls).toHaveLength(calls);
    await person.says('and my order?');
    await waitFor('the answer', () => person.heard.length === before + 2);
    expect(person.heard.at(-1)).toBe('Understood.');
  });
});

describe('the owner', () => {
  it('can note that somebody wants no messages, but not that they want them', async () => {
    const person = world.person('+15550009003');
    await person.says('hello');
    await person.hears();
    const { id } = await userOf(person.phone);
    const post = (body: object) => world.api(`/users/${id}/consents`, { method: 'POST', body });
    expect((await post({ action: 'granted' })).status).toBe(400);
    expect((await post({ action: 'revoked' })).status).toBe(200);
    expect(await logOf(person.phone)).toMatchObject([{ action: 'revoked', source: 'owner' }]);
    await person.says('anybody?');
    expect((await judged(person.phone, 'anybody?')).verdict).toBe('opted_out');
    expect(person.heard).toHaveLength(1);
  });
});

describe('START', () => {
  it('is answered without a model when nobody has stopped; its synonyms are words like any other', async () => {
    const person = world.person('+15550003001');
    const before = person.heard.length;
    const calls = world.openai.calls.length;
    await person.says('START');
    await waitFor('an answer', () => person.heard.length === before + 1);
    expect(person.heard.at(-1)).toContain('I am here');
    expect(world.openai.calls).toHaveLength(calls);
    await person.says('alta');
    await waitFor('the answer', () => person.heard.length === before + 2);
    expect(person.heard.at(-1)).toBe('Understood.');
  });
});
