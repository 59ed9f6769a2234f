import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type MetaMessage,
  type MetaPerson,
  metaBatch,
  metaBody,
  metaNumber,
  metaText,
  newWamid,
} from '#tests/support/meta-webhook.ts';
import { type MetaWorld, openMetaWorld } from '#tests/support/meta-world.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import type { World } from '#tests/support/world.ts';

let on: MetaWorld;
let world: World;

beforeAll(async () => {
  on = await openMetaWorld({
    WHITELISTED_USERS: '+15550008001,+15550008002,+15550008003,+15550008006,+15550008007',
  });
  world = on.world;
});
afterEach(() => on.expectNoProblems());
afterAll(() => on[Symbol.asyncDispose]());

const post = (content: unknown) => on.post(content);
const deliver = (...messages: MetaMessage[]) => post(metaBody({ messages }));
const heardBy = (person: MetaPerson) => on.heardBy(person);

/** Resolves once no message says this any more. */
const gone = (words: string) =>
  waitFor(`the change of ${words}`, async () => {
    const { body } = await world.api('/messages?limit=100');
    return !JSON.stringify(body).includes(words);
  });

/** The model, which answers a message about `slow` only once it is let. */
function slowModel(): { readonly asked: Promise<void>; readonly release: () => void } {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  world.openai.answers(async ({ text }) => {
    if (text.includes('slow')) {
      asked.resolve();
      await gate.promise;
    }
    return `Heard: ${text.split('\n').at(-1)}`;
  });
  return { asked: asked.promise, release: gate.resolve };
}

describe('a message that is changed while its answer is written', () => {
  it('is answered once, as it reads in the end', async () => {
    const from: MetaPerson = { phone: '15550008001', bsuid: 'US.8001', name: 'Ana' };
    const id = newWamid();
    const model = slowModel();
    await deliver(metaText({ from, id, body: 'slow helo' }));
    await model.asked;
    const edit = { original_message_id: id, message: { type: 'text', text: { body: 'hello' } } };
    await deliver(metaText({ from, body: '', extra: { type: 'edit', edit } }));
    await gone('slow');
    model.release();
    await waitFor('an answer', () => heardBy(from).length > 0);
    await deliver(metaText({ from, body: 'and then?' }));
    await waitFor('the next answer', () => heardBy(from).length > 1);
    expect(heardBy(from)).toEqual(['Heard: hello', 'Heard: and then?']);
    const asked = JSON.stringify(world.openai.calls.at(-1));
    expect(asked).toContain('hello');
    expect(asked).not.toContain('helo"');
  });

  it('is not answered where it is taken back', async () => {
    const from: MetaPerson = { phone: '15550008002', bsuid: 'US.8002', name: 'Bo' };
    const id = newWamid();
    const model = slowModel();
    await deliver(metaText({ from, id, body: 'slow secret' }));
    await model.asked;
    await deliver(
      metaText({ from, body: '', extra: { type: 'revoke', revoke: { original_message_id: id } } }),
    );
    await gone('slow');
    model.release();
    await deliver(metaText({ from, body: 'something else' }));
    await waitFor('an answer', () => heardBy(from).length > 0);
    expect(heardBy(from)).toEqual(['Heard: something else']);
    expect(JSON.stringify(world.openai.calls.at(-1))).not.toContain('secret');
    const { body } = await world.api('/messages?limit=100');
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});

describe('an edit', () => {
  const editOf = (from: MetaPerson, id: string, body: string) => {
    const edit = { original_message_id: id, message: { type: 'text', text: { body } } };
    return metaText({ from, body: '', extra: { type: 'edit', edit } });
  };

  it('that comes before its message is what is answered', async () => {
    const from: MetaPerson = { phone: '15550008006', bsuid: 'US.8006', name: 'Eve' };
    world.openai.answers(({ text }) => `Heard: ${text.split('\n').at(-1)}`);
    const [early, together] = [newWamid(), newWamid()];
    await deliver(editOf(from, early, 'hello'));
    await deliver(metaText({ from, id: early, body: 'helo' }));
    await waitFor('an answer', () => heardBy(from).length > 0);
    await deliver(editOf(from, together, 'goodbye'), metaText({ from, id: together, body: 'godbye' }));
    await waitFor('the next answer', () => heardBy(from).length > 1);
    expect(heardBy(from)).toEqual(['Heard: hello', 'Heard: goodbye']);
  });

  it('into STOP is STOP, and into START is START', async () => {
    const from: MetaPerson = { phone: '15550008007', bsuid: 'US.8007', name: 'Fay' };
    world.openai.answers(({ text }) => `Heard: ${text.split('\n').at(-1)}`);
    const id = newWamid();
    await deliver(metaText({ from, id, body: 'tell me more' }));
    await waitFor('an answer', () => heardBy(from).length > 0);
    await deliver(editOf(from, id, 'STOP'));
    await waitFor('the confirmation', () => heardBy(from).length > 1);
    await deliver(editOf(from, id, 'START'));
    await waitFor('the welcome', () => heardBy(from).length > 2);
    expect(heardBy(from)).toEqual([
      'Heard: tell me more',
      expect.stringContaining('no more messages'),
      expect.stringContaining('Welcome back'),
    ]);
  });
});

describe('a person who stops marketing messages in WhatsApp', () => {
  it('is known for it, and is answered', async () => {
    const from: MetaPerson = { phone: '15550008006', bsuid: 'US.8006', name: 'Eve' };
    const before = heardBy(from).length;
    const tell = (value: string, timestamp: number) =>
      post(
        metaBatch([
          {
            field: 'user_preferences',
            value: {
              messaging_product: 'whatsapp',
              metadata: {
                display_phone_number: metaNumber.display,
                phone_number_id: metaNumber.phoneNumberId,
              },
              contacts: [{ profile: { name: from.name }, wa_id: from.phone, user_id: from.bsuid }],
              user_preferences: [{ wa_id: from.phone, category: 'marketing_messages', value, timestamp }],
            },
          },
        ]),
      );
    const optedOutAt = async () => {
      const { body } = await world.api('/users?q=15550008006');
      return (body.items as { marketing_opted_out_at: string | null }[])[0]?.marketing_opted_out_at;
    };
    await tell('stop', 1_763_000_000);
    expect(await optedOutAt()).toBe('2025-11-13T02:13:20.000Z');
    await deliver(metaText({ from, body: 'are you there?' }));
    await waitFor('an answer', () => heardBy(from).length > before);
    await tell('resume', 1_763_000_001);
    await tell('stop', 1_763_000_000);
    expect(await optedOutAt()).toBeNull();
  });
});

describe('a person with a new number', () => {
  it('is the same person there, and the old number is nobody any more', async () => {
    const before: MetaPerson = { phone: '15550008003', bsuid: 'US.8003', name: 'Cleo' };
    const after: MetaPerson = { phone: '15550008004', bsuid: 'US.8004', name: 'Cleo' };
    world.openai.answers(({ text }) => `Heard: ${text.split('\n').at(-1)}`);
    await deliver(metaText({ from: before, body: 'My cat is called Tom.' }));
    await waitFor('an answer', () => heardBy(before).length > 0);
    const system = {
      type: 'user_changed_number',
      body: 'Cleo changed from one number to another',
      wa_id: after.phone,
      user_id: after.bsuid,
      previous_user_id: before.bsuid,
    };
    const message = { from: before.phone, id: newWamid(), timestamp: '1795000000', type: 'system', system };
    const metadata = { display_phone_number: metaNumber.display, phone_number_id: metaNumber.phoneNumberId };
    const value = { messaging_product: 'whatsapp', metadata, messages: [message] };
    await post(metaBatch([{ field: 'messages', value }]));

    await deliver(metaText({ from: after, body: 'What is my cat called?' }));
    await waitFor('an answer', () => heardBy(after).length > 0);
    expect(heardBy(after)).toEqual(['Heard: What is my cat called?']);
    expect(JSON.stringify(world.openai.calls.at(-1))).toContain('Tom');

    const other: MetaPerson = { phone: '15550008003', bsuid: 'US.8005', name: 'Dan' };
    await deliver(metaText({ from: other, body: 'Hello' }));
    await waitFor('a refusal', () => heardBy(other).length > 1);
    expect(heardBy(other).at(-1)).toContain('not on its list');
    await world.restart();
    await deliver(metaText({ from: after, body: 'Am I still on the list?' }));
    await waitFor('an answer', () => heardBy(after).length > 1);
    expect(heardBy(after).at(-1)).toBe('Heard: Am I still on the list?');
  });
});
