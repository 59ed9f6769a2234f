import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
const ana = () => world.person('+15550001001');
const stranger = () => world.person('+15550009999');

beforeAll(async () => {
  world = await openWorld({
    WHITELISTED_USERS: '+15550001001,+15550001002,+15550001003,+15550001004',
    RATE_LIMIT_MESSAGES: '3',
    RATE_LIMIT_WINDOW_SECONDS: '2',
    DAILY_BUDGET_USD_PER_USER: '0.001',
  });
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(() => world[Symbol.asyncDispose]());

const messagesOf = async (phone: string) => {
  const { body } = await world.api('/messages?limit=100');
  return (
    body.items as { content: string; verdict: string | null; phone_number?: string; reply_address?: string }[]
  ).filter((message) => JSON.stringify(message).includes(phone));
};

describe('a stranger', () => {
  it('hears one refusal a day and never costs anything', async () => {
    const calls = world.openai.calls.length;
    const person = stranger();
    await person.says('let me in');
    expect(await person.hears()).toContain('not on its list');
    await person.says('please');
    await person.says('/help');
    await ana().says('hello');
    await waitFor('the answer to Ana', () => ana().heard.length === 1);
    expect(person.heard).toHaveLength(1);
    expect(world.openai.calls.length - calls).toBe(1);
  });

  it('can be let in and barred by the owner at once', async () => {
    const { body } = await world.api(`/users?q=${encodeURIComponent('+15550009999')}`);
    const [user] = body.items as { id: string }[];
    const patch = (change: object) => world.api(`/users/${user?.id}`, { method: 'PATCH', body: change });
    expect((await patch({ is_whitelisted: true })).status).toBe(200);
    const person = world.person('+15550009999');
    await person.says('and now?');
    await waitFor('the answer', () => person.heard.length === 2);
    expect(person.heard[1]).toBe('Understood.');
    await patch({ is_active: false });
    const heard = person.heard.length;
    await person.says('still there?');
    await waitFor('the verdict', async () => {
      const stored = await messagesOf('still there?');
      return stored.some((message) => message.verdict === 'inactive');
    });
    await waitFor('the notice', () => person.heard.length === heard + 1);
    expect(person.heard.at(-1)).toContain('Your access is switched off');
    await person.says('hello?');
    await patch({ is_active: true });
    await person.says('thanks');
    await waitFor('the answer', () => person.heard.at(-1) === 'Understood.');
    expect(person.heard).toHaveLength(heard + 2);
  });
});

describe('a person who sends too much', () => {
  it('hears of it once a window, and nothing they sent is lost', async () => {
    const ben = world.person('+15550001002');
    for (let line = 1; line <= 6; line += 1) await ben.says(`line ${line}`);
    const heard = [await ben.hears(), await ben.hears()];
    expect(heard.filter((text) => text.includes('a lot at once'))).toHaveLength(1);
    expect(heard).toContain('Understood.');
    const { body } = await world.api('/messages?limit=100');
    const stored = (body.items as { content: string; verdict: string }[]).filter((message) =>
      message.content.startsWith('line '),
    );
    expect(stored.map((message) => message.verdict).sort()).toEqual([
      'allowed',
      'allowed',
      'allowed',
      'rate_limited',
      'rate_limited',
      'rate_limited',
    ]);
    expect(ben.heard).toHaveLength(2);
  });
});

describe('a person whose messages had to wait', () => {
  it('is not taken for one who sends too much', async () => {
    const dora = world.person('+15550001004');
    world.openai.next({ kind: 'slow', ms: 3_800 });
    await dora.says('a long question');
    await world.openai.called(world.openai.calls.length + 1);
    // One in 900 ms is within three in two seconds; all four are looked at together when the first answer is out.
    for (let line = 1; line <= 4; line += 1) {
      await pause(900);
      await dora.says(`later ${line}`);
    }
    await waitFor('the second answer', () => dora.heard.length >= 2);
    expect(dora.heard.join()).not.toContain('a lot at once');
  });
});

describe('a daily budget', () => {
  it('is announced at 80 % and refuses politely at 100 %, never silently', async () => {
    const chen = world.person('+15550001003');
    // gpt-6-luna: 0.10 USD a million input tokens; 8,500 tokens are 85 % of a tenth of a cent.
    world.openai.answers(() => ({
      text: 'Sure.',
      usage: { input_tokens: 8_500, output_tokens: 0, total_tokens: 8_500 },
    }));
    await chen.says('first');
    expect(await chen.hears()).toMatch(/^Sure\.\n\n_You have used 85 % of today's budget\._$/);
    await chen.says('second');
    expect(await chen.hears()).toBe('Sure.');
    const calls = world.openai.calls.length;
    await chen.says('third');
    expect(await chen.hears()).toContain("Today's budget for your questions is used up");
    expect(world.openai.calls).toHaveLength(calls);
  });
});
