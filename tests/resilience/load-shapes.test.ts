import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { deliverWebhook } from '#tests/support/person.ts';
import { statusCallback } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';
import { complaints, deliverUntilAccepted } from './crowd.ts';
import { createDice } from './dice.ts';
import { type CrowdMessage, createMessageMaker, type MessageMaker } from './messages-of-a-crowd.ts';
import { calm } from './storm.ts';

/* Webhooks in every shape: twice, in the wrong order, a thousand at once, five hundred from one person. */

/** Turns one process answers side by side. */
const turnsAtOnce = 16;

describe.each(engines)('on %s', (engine) => {
  const processes = engine === 'postgres' ? 2 : 1;
  const dice = createDice(1);
  let world: World;
  let maker: MessageMaker;

  beforeAll(async () => {
    world = await openWorld(
      { RATE_LIMIT_MESSAGES: '100000', REPLY_DELAY_MS: '60', TURNS_AT_ONCE: String(turnsAtOnce) },
      { processes, postgresUrl: engine === 'postgres' ? inject('postgresUrl') : undefined },
    );
    maker = createMessageMaker({ ...world, latencyMs: () => dice.between(10, 60) });
  });
  afterAll(async () => {
    expect(world.twilio.problems).toEqual([]);
    expect(world.openai.problems).toEqual([]);
    await world[Symbol.asyncDispose]();
  });

  const texts = (phones: readonly string[]) => Promise.all(phones.map((phone) => maker.make(phone, 'text')));
  const deliver = ({ params }: CrowdMessage) => deliverUntilAccepted(world, dice, params);

  it('every webhook three times at once and once more later is one message', async () => {
    const messages = await texts(phones(1, 20));
    const before = world.openai.calls.length;
    await Promise.all(messages.flatMap((message) => [message, message, message]).map(deliver));
    await calm(world, messages, 30_000);
    await Promise.all(messages.map(deliver));
    await calm(world, messages, 30_000);
    expect(complaints(world, messages)).toEqual([]);
    expect(world.openai.calls.length - before).toBe(messages.length);
  });

  it('webhooks in the wrong order are all answered, each once', async () => {
    const [phone = ''] = phones(2, 1);
    const wrongWay = (await texts(Array.from({ length: 6 }, () => phone))).reverse();
    const delivered: CrowdMessage[] = [];
    for (const message of wrongWay) {
      // A receipt for a message nobody has heard of is as much out of order as anything.
      const early = statusCallback({ sid: `SM${'0'.repeat(32)}`, status: 'read', to: phone });
      expect(await deliverWebhook(world.product().url, world.twilio.authToken, early)).toBe(200);
      await deliver(message);
      delivered.push(message);
      if (delivered.length === 3) await calm(world, delivered, 30_000);
      await Promise.all(delivered.map(deliver));
    }
    await calm(world, delivered, 30_000);
    // What arrived first is answered first: nothing in a webhook says when it was written.
    expect(complaints(world, delivered)).toEqual([]);
  });

  it('a thousand people at once are all accepted and answered, a bounded number at a time', async () => {
    const messages = await texts(phones(3, 1_000));
    const statuses = await Promise.all(
      messages.map(({ params }) =>
        deliverWebhook(dice.pick(world.living()).url, world.twilio.authToken, params),
      ),
    );
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    await calm(world, messages, 90_000);
    expect(complaints(world, messages)).toEqual([]);
    expect(world.openai.load.most).toBeGreaterThan(turnsAtOnce / 2);
    expect(world.openai.load.most).toBeLessThanOrEqual(turnsAtOnce * processes);
  });

  it('five hundred messages of one person are answered in order, and nobody waits for them', async () => {
    const [flooder = '', neighbor = ''] = phones(4, 2);
    const flood = await texts(Array.from({ length: 500 }, () => flooder));
    const sending = (async () => {
      for (const message of flood) await deliver(message);
    })();
    const person = world.person(neighbor);
    await waitFor(
      'the flood',
      () => world.twilio.sent.some(({ to }) => to === `whatsapp:${flooder}`),
      30_000,
    );
    const [question] = await texts([neighbor]);
    if (!question) throw new Error('no question was made');
    await deliver(question);
    expect(await person.hears(5_000)).toContain(question.word);
    await sending;
    await calm(world, flood, 60_000);
    expect(complaints(world, flood)).toEqual([]);
  });
});

/** Numbers nobody else in this file has. */
function phones(group: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `+1555${4_000_000 + group * 10_000 + index}`);
}
