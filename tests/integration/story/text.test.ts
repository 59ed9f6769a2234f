import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { textMessage } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
let number = 0;
/** A person nobody has met yet. */
const somebody = () => {
  number += 1;
  return world.person(`+1555000${String(number).padStart(4, '0')}`);
};

beforeAll(async () => {
  world = await openWorld({ REPLY_DELAY_MS: '300' });
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
  expect(world.twilio.duplicates).toBe(0);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('a person who writes text', () => {
  it('hears the model answer, as WhatsApp text', async () => {
    world.openai.answers(() => '## Agenda\n\nThe **budget** and the _roadmap_.');
    const ana = somebody();
    expect(await ana.says('What is on today?')).toBe(200);
    expect(await ana.hears()).toBe('*Agenda*\n\nThe *budget* and the _roadmap_.');
  });

  it('gets one answer to three short lines', async () => {
    world.openai.answers(({ text }) => `You said: ${text.replaceAll('\n', ' | ')}`);
    const ana = somebody();
    await ana.says('one');
    await ana.says('two');
    await ana.says('three');
    expect(await ana.hears()).toMatch(/one.*two.*three/);
    expect(ana.heard).toHaveLength(1);
  });

  it('hears nothing twice when Twilio delivers twice, also after a restart', async () => {
    world.openai.answers(({ text }) => `Echo ${text}`);
    const ana = somebody();
    const params = textMessage({ from: ana.phone, body: 'only once' });
    expect([await ana.delivers(params), await ana.delivers(params)]).toEqual([200, 200]);
    await ana.hears();
    await world.restart('SIGTERM');
    expect(await ana.delivers(params)).toBe(200);
    await ana.says('and now');
    expect(await ana.hears()).toContain('and now');
    expect(ana.heard).toHaveLength(2);
  });

  it('is remembered: the model sees the earlier exchange', async () => {
    const ana = somebody();
    world.openai.answers(() => 'Noted, your dentist is on Tuesday.');
    await ana.says('My dentist is on Tuesday');
    await ana.hears();
    world.openai.answers(({ messages }) => `I saw ${messages.length} messages; first: ${messages[0]?.text}`);
    await ana.says('When is it?');
    expect(await ana.hears()).toContain('My dentist is on Tuesday');
    await ana.says('/new');
    expect(await ana.hears()).toContain('fresh conversation');
    world.openai.answers(({ messages }) => messages.map((message) => message.text).join(' '));
    await ana.says('Anything before this?');
    expect(await ana.hears()).not.toContain('dentist');
  });

  it('hears a long answer in parts, complete and in order', async () => {
    const sentences = Array.from(
      { length: 120 },
      (_, index) => `This is sentence number ${index + 1} of a long answer.`,
    );
    world.openai.answers(() => sentences.join(' '));
    const ana = somebody();
    await ana.says('Tell me everything');
    const parts = await waitFor('all parts', () =>
      ana.heard.join(' ').includes('number 120 ') ? ana.heard : undefined,
    );
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(1600);
    expect(parts.join(' ')).toBe(sentences.join(' '));
  });

  it('sees typing dots', async () => {
    world.openai.answers(() => 'Hello!');
    const ana = somebody();
    const params = textMessage({ from: ana.phone, body: 'hi' });
    await ana.delivers(params);
    await ana.hears();
    expect(world.twilio.typings).toContain(params.MessageSid);
  });

  it('does not hear of it when typing dots fail', async () => {
    world.twilio.nextTypings([500, 400]);
    const ana = somebody();
    await ana.says('hi');
    expect(await ana.hears()).toBe('Hello!');
  });

  it('can ask for help without any model', async () => {
    const calls = world.openai.calls.length;
    const ana = somebody();
    await ana.says('Help');
    expect(await ana.hears()).toContain('/usage');
    expect(world.openai.calls).toHaveLength(calls);
  });

  it('can see what was used', async () => {
    world.openai.answers(() => ({
      text: 'ok',
      usage: { input_tokens: 1000, output_tokens: 200, total_tokens: 1200 },
    }));
    const ana = somebody();
    await ana.says('hello');
    await ana.hears();
    await ana.says('/usage');
    const usage = await ana.hears();
    expect(usage).toContain('2 messages');
    expect(usage).toContain('1,200 tokens');
    expect(usage).toContain('No daily budget is set.');
  });

  it('gets no answer to a mere reaction', async () => {
    const ana = somebody();
    await ana.delivers(textMessage({ from: ana.phone, body: '👍', extra: { MessageType: 'reaction' } }));
    world.openai.answers(() => 'Hello again');
    await ana.says('hello');
    expect(await ana.hears()).toBe('Hello again');
    expect(ana.heard).toHaveLength(1);
  });
});
