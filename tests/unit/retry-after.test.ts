import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '#src/domain/retry-after.ts';

describe('Retry-After', () => {
  const now = new Date('2026-11-21T08:00:00Z');

  it.each<[string | string[] | undefined, number | undefined]>([
    ['2', 2000],
    ['0.25', 250],
    ['0', 0],
    [['3', '9'], 3000],
    ['Sat, 21 Nov 2026 08:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 07:00:00 GMT', 0],
    ['999999999', 3_600_000],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j means %s ms', (header, waitMs) => {
    expect(retryAfterMs(header, now)).toBe(waitMs);
  });
});
