import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { photo } from '#tests/support/image-fixtures.ts';
import { fixture } from '#tests/support/reading-room.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
const voice = { bytes: readFileSync(fixture('audio/voice.ogg')), type: 'audio/ogg' };
const ana = () => world.person('+15553000001');

beforeEach(async () => {
  world = await openWorld({ RATE_LIMIT_MESSAGES: '1000' });
});
afterEach(async () => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
  expect(world.twilio.duplicates).toBe(0);
  await world[Symbol.asyncDispose]();
});

describe('when the model is in trouble', () => {
  it.each([
    ['asks to wait', { kind: 'rate-limit', retryAfterMs: 50 }],
    ['is down for a moment', { kind: 'status', status: 503 }],
    ['drops the connection', { kind: 'drop' }],
    ['sends half of its JSON', { kind: 'truncated-json' }],
    ['says nothing', { kind: 'empty' }],
  ] as const)('and %s, the person is answered all the same', async (_what, fault) => {
    world.openai.next(fault);
    const person = ana();
    await person.says('hello');
    expect(await person.hears()).toBe('Understood.');
  });

  it('and asks to come back in hours, the person hears a word about it now', async () => {
    world.openai.next({ kind: 'rate-limit', retryAfterSeconds: 43_200 });
    const person = ana();
    await person.says('hello');
    expect(await person.hears()).toContain('a service I depend on is not responding');
    await person.says('and now?');
    expect(await person.hears()).toBe('Understood.');
  });

  it('and refuses one photo, the rest of the message is answered', async () => {
    world.openai.answers(({ text }) => text);
    world.openai.next({ kind: 'content-filter' });
    const person = ana();
    await person.sends(
      { bytes: await photo(300, 200).jpeg().toBuffer(), type: 'image/jpeg' },
      'What is this?',
    );
    const heard = await person.hears();
    expect(heard).toMatch(/^I could not read the photo: I am not able to work with it\./);
    expect(heard).toContain('What is this?');
  });

  it('a cut answer is given with a word about it', async () => {
    world.openai.next({ kind: 'incomplete', text: 'The first half' });
    const person = ana();
    await person.says('tell me all');
    expect(await person.hears()).toMatch(/^The first half[\s\S]*too long and ends here/);
  });

  it.each([
    ['has no money left', { kind: 'quota' }, 'I cannot answer at the moment'],
    ['does not know our key', { kind: 'status', status: 401 }, 'I cannot answer at the moment'],
    ['refuses the content', { kind: 'content-filter' }, 'I am not able to help with that'],
  ] as const)('and %s, the person hears one honest sentence, at once', async (_what, fault, sentence) => {
    world.openai.next(fault);
    const person = ana();
    await person.says('hello');
    const heard = await person.hears();
    expect(heard).toContain(sentence);
    expect(heard).not.toMatch(/quota|401|openai|error/i);
    expect(world.openai.calls).toHaveLength(1);
    await person.says('and now?');
    expect(await person.hears()).toBe('Understood.');
  });

  it('a transcript that was paid for is not paid again', async () => {
    world.openai.transcribes(() => ({ text: 'buy milk', language: 'en' }));
    world.openai.answers(({ text }) => text);
    // The answer fails through one whole run of the job, so that the queue takes over.
    world.openai.next(
      ...Array.from({ length: 3 }, () => ({ kind: 'status', status: 500, on: 'responses' }) as const),
    );
    const person = ana();
    await person.sends(voice);
    expect(await person.hears(30_000)).toContain('buy milk');
    expect(world.openai.calls.filter((call) => call.sound)).toHaveLength(1);
  });
});

describe('when Twilio is in trouble', () => {
  it.each([
    ['asks to wait', { status: 429, code: 20429, retryAfter: 1 }],
    ['fails', { status: 503 }],
    ['drops the connection before taking the message', 'drop-before'],
    ['drops the connection after taking the message', 'drop-after'],
    ['breaks off its answer', 'broken-answer'],
  ] as const)('and %s, the person hears the answer exactly once', async (_what, fault) => {
    world.twilio.nextSends([fault]);
    const person = ana();
    await person.says('hello');
    expect(await person.hears(30_000)).toBe('Understood.');
    await person.says('/help');
    await person.hears(30_000);
    expect(person.heard).toHaveLength(2);
  });

  it('a long answer that is interrupted goes on where it stopped', async () => {
    const sentences = Array.from(
      { length: 100 },
      (_, index) => `Sentence number ${index + 1} of this answer.`,
    ).join(' ');
    world.openai.answers(() => sentences);
    world.twilio.nextSends(['ok', { status: 503 }]);
    const person = ana();
    await person.says('tell me all');
    await waitFor('the last part', () => person.heard.join(' ').includes('number 100 of'), 30_000);
    expect(person.heard.join(' ')).toBe(sentences);
    expect(world.openai.calls).toHaveLength(1);
  });

  it('a person who blocked us ends the message, not the bot', async () => {
    world.twilio.nextSends([{ status: 400, code: 21610 }]);
    const person = ana();
    await person.says('hello');
    const failed = await waitFor('the failure to be stored', async () => {
      const { body } = await world.api('/messages?direction=outbound');
      return (body.items as { error_message: string | null }[]).find((message) => message.error_message);
    });
    expect(failed.error_message).toBe('not delivered: 21610');
    await person.says('hello again');
    expect(await person.hears()).toBe('Understood.');
  });
});

describe('when the process is killed', () => {
  it('while the model thinks, the person is answered once after the restart', async () => {
    world.openai.next({ kind: 'silence' });
    const person = ana();
    await person.says('are you there?');
    await world.openai.called(1);
    await world.restart('SIGKILL');
    expect(await person.hears(30_000)).toBe('Understood.');
    expect(person.heard).toHaveLength(1);
  });

  it('while Twilio is silent about a part, the part is looked up and not sent twice', async () => {
    world.twilio.nextSends(['silent']);
    const person = ana();
    await person.says('hello');
    await person.hears();
    await world.restart('SIGKILL');
    await person.says('/help');
    expect(await person.hears(30_000)).toContain('/usage');
    expect(person.heard).toHaveLength(2);
  });

  it('politely, it ends within its grace and loses nothing', async () => {
    const person = ana();
    await person.says('one last thing');
    await world.restart('SIGTERM');
    expect(await person.hears(30_000)).toBe('Understood.');
  });
});
