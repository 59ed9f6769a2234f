import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { photo } from '#tests/support/image-fixtures.ts';
import type { OpenAiCall } from '#tests/support/openai-stand-in.ts';
import type { Person } from '#tests/support/person.ts';
import { fixture } from '#tests/support/reading-room.ts';
import { close, listen, type MediaFault } from '#tests/support/twilio-stand-in-media.ts';
import { mediaMessage } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { openWorld, type World } from '#tests/support/world.ts';

/*
 * Everything vendors do to us, one thing a test: what the person hears, how often the vendor is called, and that the person's
 * next message is answered as if nothing had been. What takes minutes is in vendor-silence.test.ts.
 */

let world: World;
let person: Person;
let people = 0;
let callsBefore = 0;
const voice = { bytes: readFileSync(fixture('audio/voice.ogg')), type: 'audio/ogg' };

beforeAll(async () => {
  world = await openWorld({ RATE_LIMIT_MESSAGES: '1000', REPLY_DELAY_MS: '500', MAX_MEDIA_MB: '1' });
  world.openai.transcribes(() => ({ text: 'buy milk', language: 'en' }));
  world.openai.answers(({ text, images }) =>
    images.length > 0 ? 'A picture of noise.' : `You wrote: ${text.split('\n\n').slice(1).join(' ')}`,
  );
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});
beforeEach(() => {
  people += 1;
  person = world.person(`+1555320${String(people).padStart(4, '0')}`);
  callsBefore = world.openai.calls.length;
});
afterEach(async () => {
  await person.says('and the next one?');
  expect(await person.hears()).toBe('You wrote: and the next one?');
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
  expect(world.twilio.duplicates).toBe(0);
});

/** Calls to the model in this test. */
const calls = (): OpenAiCall[] => world.openai.calls.slice(callsBefore);
const isPicture = (call: OpenAiCall) => (call.question?.images.length ?? 0) > 0;
const times = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of);

describe('the model', () => {
  it.each([
    ['asks to wait a moment', [{ kind: 'rate-limit', retryAfterMs: 50 }], 2],
    ['is down for a moment', [{ kind: 'status', status: 503 }], 2],
    ['fails in the middle', [{ kind: 'failed', code: 'server_error' }], 2],
    ['fails twice in a row', times(2, { kind: 'status', status: 500 } as const), 3],
    // Three attempts of one run of the job, then the queue tries again.
    ['fails for some seconds', times(4, { kind: 'status', status: 500 } as const), 5],
    ['drops the connection', [{ kind: 'drop' }], 2],
    ['sends half of its JSON', [{ kind: 'truncated-json' }], 2],
    ['says nothing', [{ kind: 'empty' }], 2],
    ['has no room left after thinking', [{ kind: 'incomplete' }], 2],
  ] as const)('%s: the person is answered all the same', async (_what, faults, asked) => {
    world.openai.next(...faults);
    await person.says('hello');
    expect(await person.hears()).toBe('You wrote: hello');
    expect(calls()).toHaveLength(asked);
  });

  it('asks to wait a second with Retry-After, and is given it', async () => {
    world.openai.next({ kind: 'rate-limit', retryAfterSeconds: 1 });
    await person.says('hello');
    expect(await person.hears()).toBe('You wrote: hello');
    const [first, second, ...more] = calls();
    expect((second?.askedAt ?? 0) - (first?.askedAt ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect(more).toEqual([]);
  });

  it.each([
    ['asks to come back in hours', { kind: 'rate-limit', retryAfterSeconds: 43_200 }, 'is not responding'],
    ['has no money left', { kind: 'quota' }, 'I cannot answer at the moment'],
    ['does not know our key', { kind: 'status', status: 401 }, 'I cannot answer at the moment'],
    ['refuses', { kind: 'refusal', text: 'I would rather not.' }, 'I am not able to help with that'],
    ['may not answer', { kind: 'content-filter' }, 'I am not able to help with that'],
  ] as const)('%s: the person hears one honest sentence, at once', async (_what, fault, sentence) => {
    world.openai.next(fault);
    await person.says('hello');
    const heard = await person.hears();
    expect(heard).toContain(sentence);
    expect(heard).not.toMatch(/quota|401|429|openai|error/i);
    expect(calls()).toHaveLength(1);
  });

  it('is cut short: the beginning is given with a word about it', async () => {
    world.openai.next({ kind: 'incomplete', text: 'The first half' });
    await person.says('tell me all');
    expect(await person.hears()).toMatch(/^The first half[\s\S]*too long and ends here/);
    expect(calls()).toHaveLength(1);
  });

  it('refuses one photo: the rest of the message is answered', async () => {
    world.openai.next({ kind: 'content-filter' });
    await person.sends(await snapshot(), 'What is this?');
    const heard = await person.hears();
    expect(heard).toMatch(/^I could not read the photo: I am not able to work with it\./);
    expect(heard).toContain('What is this?');
    expect(calls()).toHaveLength(2);
  });

  it('fails after a voice note was heard and a photo was seen: neither is paid again', async () => {
    await person.sends(await snapshot(), 'What is this?');
    await person.sends(voice);
    world.openai.fails(({ question }) =>
      question?.images.length === 0 && calls().filter((call) => call.fault).length < 4
        ? { kind: 'status', status: 500 }
        : undefined,
    );
    const heard = await person.hears(30_000);
    world.openai.fails(() => undefined);
    expect(heard).toContain('buy milk');
    expect(heard).toContain('A picture of noise.');
    expect(calls().filter((call) => call.sound)).toHaveLength(1);
    expect(calls().filter(isPicture)).toHaveLength(1);
    expect(calls().filter((call) => call.fault)).toHaveLength(4);
  });
});

describe('Twilio', () => {
  it.each([
    ['asks to wait', { status: 429, code: 20429, retryAfter: 1 }, 2],
    ['is down', { status: 503 }, 2],
    ['fails, perhaps after taking the message', { status: 500 }, 2],
    ['drops the connection before taking the message', 'drop-before', 2],
    ['drops the connection after taking the message', 'drop-after', 1],
    ['breaks off its answer', 'broken-answer', 1],
    ['takes the message without giving it an id', 'no-message', 1],
  ] as const)('%s: the person hears the answer exactly once', async (_what, fault, attempts) => {
    const before = world.twilio.attempts;
    world.twilio.nextSends([fault]);
    await person.says('hello');
    expect(await person.hears(30_000)).toBe('You wrote: hello');
    // The next answer comes after everything that belongs to the first: by then a second copy would be there.
    await person.says('/help');
    expect(await person.hears(30_000)).toContain('/usage');
    expect(person.heard).toHaveLength(2);
    expect(world.twilio.attempts - before).toBe(attempts + 1);
    expect(calls()).toHaveLength(1);
  });

  it('fails in the middle of a long answer: it goes on where it stopped', async () => {
    const sentences = times(100, 'A sentence of this answer')
      .map((text, index) => `${text}, ${index + 1}.`)
      .join(' ');
    world.openai.next({ kind: 'incomplete', text: sentences });
    world.twilio.nextSends(['ok', { status: 503 }]);
    await person.says('tell me all');
    await waitFor('the last part', () => person.heard.join(' ').includes('ends here'), 30_000);
    expect(person.heard.join(' ').replaceAll('\n\n', ' ')).toContain(sentences);
    expect(calls()).toHaveLength(1);
    for (const _part of person.heard) await person.hears();
  });

  /** Waits until a part of an answer is like this. */
  async function partIs(part: Readonly<Record<string, unknown>>): Promise<void> {
    await waitFor(`a part with ${JSON.stringify(part)}`, async () => {
      const { body } = await world.api('/messages?direction=outbound');
      const messages = body.items as { outbound_parts: Record<string, unknown>[] }[];
      const parts = messages.flatMap((message) => message.outbound_parts);
      return parts.find((one) => Object.entries(part).every(([name, value]) => one[name] === value));
    });
  }

  it('refuses because the person has opted out there: nothing is sent until they say START', async () => {
    const before = world.twilio.attempts;
    world.twilio.nextSends([{ status: 400, code: 21610 }]);
    await person.says('hello');
    await partIs({ state: 'failed', error_code: '21610' });
    await person.says('are you there?');
    await person.says('START');
    expect(await person.hears()).toContain('back');
    expect(world.twilio.attempts - before).toBe(2);
  });

  it('takes the last word of the person for more than a day old: the answer waits for the next one', async () => {
    world.twilio.nextSends([{ status: 400, code: 63016 }]);
    await person.says('hello');
    await partIs({ state: 'held' });
    expect(person.heard).toEqual([]);
    await person.says('what about it?');
    expect(await person.hears()).toBe('You wrote: hello');
    expect(await person.hears()).toBe('You wrote: what about it?');
  });
});

describe('a file', () => {
  async function sendsPhoto(faults: readonly MediaFault[]): Promise<string> {
    const { bytes, type } = await snapshot();
    const url = world.twilio.addMedia(bytes, type, faults);
    const media = [{ url, contentType: type }];
    expect(await person.delivers(mediaMessage({ from: person.phone, body: 'What is this?', media }))).toBe(
      200,
    );
    return person.hears(30_000);
  }

  it.each([
    ['is not there yet', [404]],
    ['is not there for a while', [404, { status: 503, retryAfter: 1 }]],
    ['comes with less than was said', ['cut-short']],
    ['comes as a byte every 20 ms', ['drip']],
    ['is behind a connection that closes', ['drop']],
  ] as const)('%s: it is fetched again', async (_what, faults) => {
    expect(await sendsPhoto(faults)).toContain('A picture of noise.');
    expect(calls().filter(isPicture)).toHaveLength(1);
  });

  it.each([
    ['is said to have 10 GB', ['says-huge'], /it is too large \(the limit is 1.0 MB\)/],
    ['never ends', ['endless'], /it is too large \(the limit is 1.0 MB\)/],
    ['is sent from one place to the next for ever', ['redirect-loop'], /could not be downloaded/],
    ['leads to nowhere', times(3, 'no-location' as const), /could not be downloaded/],
    ['is gone', [{ status: 410 }], /could not be downloaded/],
  ] as const)('%s: the person is told, and the question is answered', async (_what, faults, told) => {
    const heard = await sendsPhoto(faults);
    expect(heard).toMatch(told);
    expect(heard).toContain('What is this?');
    expect(calls().filter(isPicture)).toEqual([]);
  });

  it('leads to another host: that host is never asked', async () => {
    let asked = 0;
    const stranger = await listen((_request, response) => {
      asked += 1;
      response.end();
    });
    const heard = await sendsPhoto([{ redirectTo: `${stranger.url}/secrets` }]);
    await close(stranger.server);
    expect(heard).toContain('I could not read the photo: I am not able to work with it.');
    expect(asked).toBe(0);
    expect(calls().filter(isPicture)).toEqual([]);
  });
});

async function snapshot() {
  return { bytes: await photo(300, 200).jpeg().toBuffer(), type: 'image/jpeg' };
}
