import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type MetaPerson,
  metaBatch,
  metaBody,
  metaNumber,
  metaText,
  newWamid,
} from '#tests/support/meta-webhook.ts';
import { type MetaWorld, openMetaWorld } from '#tests/support/meta-world.ts';
import { textMessage } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import type { World } from '#tests/support/world.ts';

let on: MetaWorld;
let world: World;

beforeAll(async () => {
  on = await openMetaWorld({
    WHITELISTED_USERS: '+15550009001,+15550009011,+15550009021,+15550009031,+15550009041',
  });
  world = on.world;
});
afterEach(() => on.expectNoProblems());
afterAll(() => on[Symbol.asyncDispose]());

const post = (content: unknown) => on.post(content);
const echo = () => world.openai.answers(({ text }) => `Heard: ${text.split('\n').at(-1)}`);
const heardBy = (person: MetaPerson) => on.heardBy(person);

/** Says something over Meta. @returns the answer */
async function say(from: MetaPerson, body: string): Promise<string | undefined> {
  const before = heardBy(from).length;
  await post(metaBody({ messages: [metaText({ from, body })] }));
  await waitFor(`an answer to ${body}`, () => heardBy(from).length > before);
  return heardBy(from).at(-1);
}

/** Meta's own sample of a new number, which names no ids: no `contacts` beside it either. */
const moved = (from: MetaPerson, system: Record<string, unknown>) =>
  post(
    metaBatch([
      {
        field: 'messages',
        value: {
          messaging_product: 'whatsapp',
          metadata: { display_phone_number: metaNumber.display, phone_number_id: metaNumber.phoneNumberId },
          messages: [{ from: from.phone, id: newWamid(), timestamp: nowInSeconds(), type: 'system', system }],
        },
      },
    ]),
  );
const nowInSeconds = () => String(Math.floor(Date.now() / 1000));
const lastAsked = () => JSON.stringify(world.openai.calls.at(-1));
const personOf = (phone: string | undefined, bsuid: string): MetaPerson => ({ phone, bsuid, name: 'Ana' });

describe('a person with a new number, of whom no ids are told', () => {
  it('is the same person there, again and again, and after a start', async () => {
    echo();
    const first = personOf('15550009001', 'US.9001');
    const second = personOf('15550009002', 'US.9002');
    const third = personOf('15550009003', 'US.9003');
    await say(first, 'My dog is called Bruno.');
    await moved(first, {
      body: 'User A changed from 15550009001 to 15550009002',
      wa_id: second.phone,
      type: 'user_changed_number',
    });
    expect(await say(second, 'What is my dog called?')).toBe('Heard: What is my dog called?');
    expect(lastAsked()).toContain('Bruno');
    await moved(second, { type: 'customer_changed_number', new_wa_id: third.phone, customer: second.phone });
    await world.restart('SIGTERM');
    expect(await say(third, 'And now?')).toBe('Heard: And now?');
    expect(lastAsked()).toContain('Bruno');
    expect(await say(personOf(first.phone, 'US.9004'), 'Hello')).toContain('not on its list');
  });

  it('is the same person when they write before it is told', async () => {
    echo();
    const before = personOf('15550009011', 'US.9011');
    const after = personOf('15550009012', 'US.9012');
    await say(before, 'My cat is called Tom.');
    expect(await say(after, 'It is me.')).toContain('not on its list');
    await moved(before, { body: 'x', wa_id: after.phone, type: 'user_changed_number' });
    expect(await say(after, 'What is my cat called?')).toBe('Heard: What is my cat called?');
    expect(lastAsked()).toContain('Tom');
  });

  it('hears at the new number what was being written for the old one', async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    world.openai.answers(async () => {
      asked.resolve();
      await gate.promise;
      return 'A late answer.';
    });
    const before = personOf('15550009021', 'US.9021');
    const after = personOf('15550009022', 'US.9022');
    await post(metaBody({ messages: [metaText({ from: before, body: 'slow' })] }));
    await asked.promise;
    await moved(before, { body: 'x', wa_id: after.phone, type: 'user_changed_number' });
    await waitFor('the new number', async () => {
      const { body } = await world.api('/users?q=15550009022');
      return (body.items as unknown[]).length > 0;
    });
    gate.resolve();
    await waitFor('an answer', () => heardBy(after).length > 0);
    expect([heardBy(before), heardBy(after)]).toEqual([[], ['A late answer.']]);
  });
});

describe('a number', () => {
  it('with ids of two portfolios is one person on both channels', async () => {
    echo();
    const ana = world.person('+15550009031');
    const hears = async (body: string) => {
      await ana.delivers(textMessage({ from: ana.phone, body, bsuid: 'US.sandbox9031' }));
      return ana.hears();
    };
    expect(await hears('My bird is called Kiki.')).toBe('Heard: My bird is called Kiki.');
    const onMeta = personOf('15550009031', 'US.9031');
    expect(await say(onMeta, 'What is my bird called?')).toBe('Heard: What is my bird called?');
    expect(lastAsked()).toContain('Kiki');
    expect(await hears('Twilio again')).toBe('Heard: Twilio again');
    expect(await say(onMeta, 'Meta again')).toBe('Heard: Meta again');
  });

  it('that comes with another id is somebody new, and welcome where it is on the list', async () => {
    echo();
    await say(personOf('15550009041', 'US.9041'), 'My fish is called Wanda.');
    expect(await say(personOf('15550009041', 'US.9042'), 'Hello')).toBe('Heard: Hello');
    expect(lastAsked()).not.toContain('Wanda');
    await world.restart('SIGTERM');
    expect(await say(personOf('15550009041', 'US.9042'), 'Still there?')).toBe('Heard: Still there?');
  });
});
