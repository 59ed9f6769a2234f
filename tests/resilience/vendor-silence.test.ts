import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photo } from '#tests/support/image-fixtures.ts';
import type { Person } from '#tests/support/person.ts';
import { mediaMessage } from '#tests/support/twilio-webhook.ts';
import { openWorld, type World } from '#tests/support/world.ts';

/* Vendors that hang, with the product's own patience. Each takes up to a minute, so all of them run at the same time. */

let world: World;
/** Somebody for whom the model hangs, once. */
const patient = '+15553300001';

beforeAll(async () => {
  world = await openWorld({ RATE_LIMIT_MESSAGES: '1000', REPLY_DELAY_MS: '30' });
  world.openai.answers(({ text, images }) =>
    images.length > 0 ? 'A picture of noise.' : `You wrote: ${text.split('\n\n').slice(1).join(' ')}`,
  );
});
afterAll(async () => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
  expect(world.twilio.duplicates).toBe(0);
  await world[Symbol.asyncDispose]();
});

async function isAnsweredNext(person: Person): Promise<void> {
  await person.says('and the next one?');
  expect(await person.hears()).toBe('You wrote: and the next one?');
}

async function sendsPhoto(person: Person, faults: ('silent' | 404)[]): Promise<void> {
  const url = world.twilio.addMedia(await photo(300, 200).jpeg().toBuffer(), 'image/jpeg', faults);
  const media = [{ url, contentType: 'image/jpeg' }];
  expect(await person.delivers(mediaMessage({ from: person.phone, body: 'What is this?', media }))).toBe(200);
}

describe.concurrent('a vendor that is silent', () => {
  it('the model hangs: the question is asked again after a minute', async () => {
    const person = world.person(patient);
    const asked = () => world.openai.calls.filter(({ question }) => question?.text.includes('hang on'));
    world.openai.fails(({ question }) =>
      question?.text.includes('hang on') && asked().length === 0 ? { kind: 'stall' } : undefined,
    );
    await person.says('hang on');
    // Others do not wait for this one.
    const other = world.person('+15553300002');
    await other.says('quick one');
    expect(await other.hears(5_000)).toBe('You wrote: quick one');
    expect(await person.hears(90_000)).toBe('You wrote: hang on');
    expect(asked()).toHaveLength(2);
    await isAnsweredNext(person);
  });

  it('Twilio takes a message and never says so: it is looked up, not sent twice', async () => {
    const person = world.person('+15553300003');
    let sends = 0;
    world.twilio.sendsFail((to) => {
      if (to !== `whatsapp:${person.phone}`) return 'ok';
      sends += 1;
      return sends === 1 ? 'silent' : 'ok';
    });
    await person.says('hello');
    expect(await person.hears()).toBe('You wrote: hello');
    await person.says('and the next one?');
    expect(await person.hears(40_000)).toBe('You wrote: and the next one?');
    expect(person.heard).toHaveLength(2);
    expect(sends).toBe(2);
  });

  it('the host of a file hangs: the file is asked for again', async () => {
    const person = world.person('+15553300004');
    await sendsPhoto(person, ['silent']);
    expect(await person.hears(40_000)).toContain('A picture of noise.');
    await isAnsweredNext(person);
  });

  it('a file never comes: the person is told, and the question is answered', async () => {
    const person = world.person('+15553300005');
    await sendsPhoto(
      person,
      Array.from({ length: 100 }, () => 404 as const),
    );
    const heard = await person.hears(110_000);
    expect(heard).toContain('I could not read the photo: it could not be downloaded. Please send it again.');
    expect(heard).toContain('What is this?');
    await isAnsweredNext(person);
  });
});
