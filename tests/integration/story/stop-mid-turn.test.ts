import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { photo } from '#tests/support/image-fixtures.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

describe.each(engines)('STOP in the middle of an answer on %s', (engine) => {
  let world: World;
  /** Lets the model answer what it was asked. */
  let release: () => void;
  let released: Promise<void>;

  beforeAll(async () => {
    const postgresUrl = engine === 'postgres' ? inject('postgresUrl') : undefined;
    // Photos that are delivered one after the other are one turn.
    world = await openWorld({ RATE_LIMIT_MESSAGES: '50', REPLY_DELAY_MS: '500' }, { postgresUrl });
  });
  afterEach(() => {
    release?.();
    world.openai.answers(() => 'Understood.');
    expect(world.twilio.problems).toEqual([]);
    expect(world.openai.problems).toEqual([]);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  function hang(): Promise<void> {
    ({ promise: released, resolve: release } = Promise.withResolvers<void>());
    return released;
  }
  const calls = () => world.openai.calls.length;
  async function idOf(phone: string): Promise<string> {
    const found = await world.api(`/users?q=${encodeURIComponent(phone)}`);
    return (found.body.items as { id: string }[])[0]?.id ?? '';
  }
  async function paidCalls(phone: string): Promise<number> {
    const { body } = await world.api(`/usage?user_id=${await idOf(phone)}`);
    return (body.totals as { calls: number }).calls;
  }

  it('is confirmed while the model still hangs, and no dots are shown after it', async () => {
    const person = world.person('+15550004001');
    const hanging = hang();
    world.openai.answers(async () => {
      await hanging;
      return 'an answer nobody wants';
    });
    const before = calls();
    await person.says('a long question');
    await world.openai.called(before + 1);
    await waitFor('the dots', () => world.twilio.typings.length > 0);
    await person.says('and another one');
    await person.says('STOP');
    const typings = world.twilio.typings.length;
    // The model has not answered, and will not before this was heard.
    expect(await person.hears()).toContain('no more messages');
    await waitFor('the end of the call', () => world.openai.load.now === 0);
    expect(world.openai.calls.at(-1)?.answeredAt).toBeUndefined();
    release();
    await person.says('START');
    expect(await person.hears()).toContain('Welcome back');
    expect(world.twilio.typings).toHaveLength(typings);
    expect(calls()).toBe(before + 1);

    world.openai.answers(() => 'Understood.');
    await person.says('hello again');
    expect(await person.hears()).toBe('Understood.');
    expect(person.heard).toHaveLength(3);
    const { body } = await world.api('/workers');
    expect(body.failures).toEqual([]);
  });

  it('keeps what was paid for, and pays for nothing more', async () => {
    const person = world.person('+15550004002');
    const hanging = hang();
    let looks = 0;
    world.openai.answers(async ({ images }) => {
      if (images.length > 0) looks += 1;
      if (looks > 1) await hanging;
      return 'a picture';
    });
    const before = calls();
    const widths = [400, 410, 420, 430, 440];
    const shots = await Promise.all(widths.map((width) => photo(width, 300).jpeg().toBuffer()));
    await Promise.all(shots.map((bytes) => person.sends({ bytes, type: 'image/jpeg' })));
    // Three at once: the first is paid for, the fourth has taken its place.
    await world.openai.called(before + 4);
    await waitFor('the first look in the ledger', async () => (await paidCalls(person.phone)) === 1);
    await person.says('Stop!');
    expect(await person.hears()).toContain('no more messages');
    await waitFor('the end of the calls', () => world.openai.load.now === 0);
    release();
    expect(calls()).toBe(before + 4);
    expect(await paidCalls(person.phone)).toBe(1);
    await person.says('START');
    expect(await person.hears()).toContain('Welcome back');
    expect(person.heard).toHaveLength(2);
    expect(calls()).toBe(before + 4);
  });

  it('may come from the owner: nothing is written any more', async () => {
    const person = world.person('+15550004003');
    const hanging = hang();
    world.openai.answers(async () => {
      await hanging;
      return 'an answer nobody wants';
    });
    const before = calls();
    await person.says('a long question');
    await world.openai.called(before + 1);
    const path = `/users/${await idOf(person.phone)}/consents`;
    expect((await world.api(path, { method: 'POST', body: { action: 'revoked' } })).status).toBe(200);
    await waitFor('the end of the call', () => world.openai.load.now === 0);
    release();
    await person.says('START');
    expect(await person.hears()).toContain('Welcome back');
    expect(calls()).toBe(before + 1);
  });
});
