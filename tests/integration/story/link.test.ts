import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ WHITELISTED_USERS: '+15550007001' });
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(() => world[Symbol.asyncDispose]());

async function userOf(phone: string): Promise<string> {
  const { body } = await world.api(`/users?q=${encodeURIComponent(phone)}`);
  const [user] = body.items as { id: string }[];
  if (!user) throw new Error('nobody has this number');
  return user.id;
}

describe('a person with a new account', () => {
  it('links it with a code of the owner, and is answered with the history of the old one', async () => {
    const ana = world.person('+15550007001');
    await ana.says('My dog is called Bruno.');
    expect(await ana.hears()).toBe('Understood.');
    const id = await userOf(ana.phone);

    const unknown = world.person('+15550007002');
    await unknown.says('It is me, Ana!');
    expect(await unknown.hears()).toContain('not on its list');
    await unknown.says('/link 22222222');
    expect(await unknown.hears()).toContain('not valid');
    await unknown.says('/link 33333333');
    await unknown.hears();

    const { status, body } = await world.api(`/users/${id}/link-code`, { method: 'POST' });
    expect(status).toBe(201);
    const code = String(body.code).toLowerCase();
    await unknown.says(`/link ${code.slice(0, 4)}-${code.slice(4)}`);
    expect(await unknown.hears()).toContain('I know you from this account');
    await unknown.says('What is my dog called?');
    expect(await unknown.hears()).toBe('Understood.');
    expect(JSON.stringify(world.openai.calls.at(-1))).toContain('Bruno');
    expect(await userOf(unknown.phone).catch(() => id)).toBe(id);

    const { body: list } = await world.api(`/messages?user_id=${id}&direction=inbound&limit=50`);
    const said = (list.items as { content: string }[]).map((message) => message.content);
    expect(said).toContain('It is me, Ana!');
    expect(world.openai.calls.filter((call) => JSON.stringify(call).includes('/link'))).toEqual([]);
  });

  it('tries no more than five codes a day', async () => {
    const guesser = world.person('+15550007003');
    for (let n = 0; n < 5; n += 1) {
      await guesser.says(`/link 4444444${n + 2}`);
      expect(await guesser.hears()).toContain('not valid');
    }
    await guesser.says('/link 55555555');
    expect(await guesser.hears()).toContain('Too many wrong codes');
  });
});
