import { describe, expect, it } from 'vitest';
import { metaFixtures, readMeta } from '#tests/support/meta-fixtures.ts';
import { base, metaBatchOf, neighbor, odd } from '#tests/support/meta-odd-values.ts';
import { expectStorable } from '#tests/support/storable.ts';

/*
 * The fixtures with something in them replaced, removed or repeated by chance, thousands of times, the same ones in every run.
 */

/** The same numbers every time: a linear congruential generator. */
function createDice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % sides;
  };
}

/** Replaces, removes or repeats one thing somewhere in a webhook. */
function mutate(value: unknown, dice: (sides: number) => number): unknown {
  if (typeof value !== 'object' || value === null || dice(6) === 0) return odd[dice(odd.length)]?.[1];
  if (Array.isArray(value)) {
    const index = dice(Math.max(1, value.length));
    if (dice(5) === 0) return [...value, ...value];
    return value.map((item, at) => (at === index ? mutate(item, dice) : item));
  }
  const names = Object.keys(value);
  const name = names[dice(Math.max(1, names.length))];
  if (name === undefined) return value;
  const { [name]: part, ...rest } = value as Record<string, unknown>;
  return dice(5) === 0 ? rest : { ...rest, [name]: mutate(part, dice) };
}

describe('webhooks with something wrong in them', () => {
  const fixtures = metaFixtures();

  it.each([1, 2, 3, 4])('cost no other message its place (seed %i)', (seed) => {
    const dice = createDice(seed * 7919);
    for (let round = 0; round < 1500; round += 1) {
      const { entry } = (fixtures[dice(fixtures.length)]?.webhook ?? {}) as { entry?: unknown[] };
      const spoilt = mutate(entry?.[0] ?? {}, dice);
      const before = metaBatchOf({ ...neighbor, id: 'wamid.BEFORE=' }).entry[0];
      const body = {
        object: 'whatsapp_business_account',
        entry: [before, spoilt, metaBatchOf(neighbor).entry[0]],
      };
      const { messages, log } = readMeta(body);
      expect(messages.at(0)?.providerId).toBe('wamid.BEFORE=');
      expect(messages.at(-1)?.providerId).toBe('wamid.NEIGHBOR=');
      expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      for (const message of messages) expectStorable(message);
    }
  });

  it.each([5, 6])('cost the messages beside them in the same list nothing (seed %i)', (seed) => {
    const dice = createDice(seed * 104_729);
    const good = Array.from({ length: 10 }, (_, i) => ({ ...neighbor, id: `wamid.GOOD${i}=` }));
    for (let round = 0; round < 500; round += 1) {
      const spoilt = good.map((message) => (dice(3) === 0 ? mutate({ ...base, ...message }, dice) : message));
      const whole = good.filter((message, index) => spoilt[index] === message).map(({ id }) => id);
      const read = readMeta(metaBatchOf(...spoilt)).messages.map(({ providerId }) => providerId);
      expect(read).toEqual(expect.arrayContaining(whole));
      expect(new Set(read).size).toBe(read.length);
    }
  });
});
