import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { photo } from '#tests/support/image-fixtures.ts';
import type { Person } from '#tests/support/person.ts';
import { openWorld, type World } from '#tests/support/world.ts';

let world: World;
let number = 0;
const somebody = () => {
  number += 1;
  return world.person(`+1555200${String(number).padStart(4, '0')}`);
};
const atLeast = 4;

beforeAll(async () => {
  const env = { RATE_LIMIT_MESSAGES: '200', MAX_CONVERSATION_HISTORY: String(atLeast) };
  world = await openWorld({ ...env, REPLY_DELAY_MS: '300' });
  let answers = 0;
  world.openai.answers(({ images }) => {
    answers += 1;
    return images.length > 0 ? `picture ${answers}` : `**Answer** ${answers}\n\n- one\n- two`;
  });
});
afterEach(() => {
  expect(world.twilio.problems).toEqual([]);
  expect(world.openai.problems).toEqual([]);
});
afterAll(() => world[Symbol.asyncDispose]());

/** What the model was sent last: everything but the current message, as it went over the wire. */
function sent(): { instructions: unknown; earlier: string[] } {
  const { instructions, input = [] } = (world.openai.calls.at(-1)?.body ?? {}) as {
    instructions?: string;
    input?: object[];
  };
  const withoutMarks = (key: string, value: unknown) =>
    key === 'prompt_cache_breakpoint' ? undefined : value;
  return { instructions, earlier: input.slice(0, -1).map((item) => JSON.stringify(item, withoutMarks)) };
}

async function ask(person: Person, question: string) {
  await person.says(question);
  await person.hears();
  return sent();
}

describe('the prompts of a conversation', () => {
  it('repeat their beginning byte for byte for several turns, then begin anew', async () => {
    const ana = somebody();
    let before = await ask(ana, 'question 0');
    expect(before.earlier).toEqual([]);
    const repeats: boolean[] = [];
    for (let turn = 1; turn < 12; turn += 1) {
      const now = await ask(ana, `question ${turn}`);
      expect(now.instructions).toBe(before.instructions);
      expect(now.earlier.length).toBeGreaterThanOrEqual(Math.min(2 * turn, atLeast));
      expect(now.earlier.length).toBeLessThanOrEqual(2 * atLeast);
      repeats.push(now.earlier.slice(0, before.earlier.length).join() === before.earlier.join());
      before = now;
    }
    // Two more messages with each turn: 2, 4, 6, 8, then 4 again.
    expect(repeats.map((same) => (same ? '=' : '/')).join('')).toBe('====/==/==/');
  });

  it('repeat it across a restart', async () => {
    const ana = somebody();
    for (const text of ['one', 'two', 'three', 'four', 'five', 'six']) await ask(ana, text);
    const before = await ask(ana, 'seven');
    await world.restart('SIGTERM');
    const now = await ask(ana, 'eight');
    expect(now.earlier.slice(0, before.earlier.length)).toEqual(before.earlier);
    expect(now.earlier).toHaveLength(before.earlier.length + 2);
  });

  it('show an album and a note about a file of earlier turns always alike', async () => {
    const ana = somebody();
    const jpeg = { bytes: await photo(80, 60).jpeg().toBuffer(), type: 'image/jpeg' };
    for (const caption of ['first', 'second']) await ana.sends(jpeg, caption);
    await ana.hears();
    await ana.sends({ bytes: Buffer.from('%PDF-1.7 broken'), type: 'application/pdf' }, 'and this?');
    await ana.hears();
    const before = await ask(ana, 'What did I send?');
    expect(before.earlier[0]).toMatch(/first.*\[Photo: picture \d+\].*second.*\[Photo: picture \d+\]/);
    expect(before.earlier.join()).toContain('could not be read');
    const now = await ask(ana, 'And in one sentence?');
    expect(now.earlier.slice(0, before.earlier.length)).toEqual(before.earlier);
    expect(now.earlier).toHaveLength(before.earlier.length + 2);
  });

  it('keep it after a command, which no model answers', async () => {
    const ana = somebody();
    await ask(ana, 'one');
    const before = await ask(ana, 'two');
    await ana.says('/help');
    await ana.hears();
    const now = await ask(ana, 'three');
    expect(now.earlier.slice(0, before.earlier.length)).toEqual(before.earlier);
  });

  it('begin with nothing after /new', async () => {
    const ana = somebody();
    for (const text of ['one', 'two', 'three']) await ask(ana, text);
    await ana.says('/new');
    await ana.hears();
    expect((await ask(ana, 'four')).earlier).toEqual([]);
    expect((await ask(ana, 'five')).earlier).toHaveLength(2);
  });

  it('bring what changes with every turn last', async () => {
    const ana = somebody();
    await ask(ana, 'one');
    const { earlier } = await ask(ana, 'two');
    expect(earlier.join()).not.toContain('Today is');
    const last = (world.openai.calls.at(-1)?.question?.messages ?? []).at(-1);
    expect(last?.text).toMatch(/^Today is [\s\S]*two$/);
  });
});
