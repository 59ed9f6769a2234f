import { validate, version } from 'uuid';
import { expect, it } from 'vitest';
import { newUuid } from '#src/adapters/system/new-id.ts';

it('makes ids of version 7 that sort by their order of creation and never repeat', () => {
  const before = Date.now();
  // More than the randomness that is fetched at once lasts for, and many in each millisecond.
  const ids = Array.from({ length: 5_000 }, () => newUuid());
  const after = Date.now();
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  // What cannot be foreseen from the neighbor: the last 48 bits.
  expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length);
  for (const id of [ids[0], ids.at(-1)]) {
    const ms = Number.parseInt((id ?? '').replace('-', '').slice(0, 12), 16);
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(after);
  }
});
