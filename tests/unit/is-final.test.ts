import { describe, expect, it } from 'vitest';
import { isFinal } from '#src/bot/apologize.ts';
import { LostLease, ProviderRefused, ProviderUnavailable, StorageUnavailable } from '#src/domain/errors.ts';
import type { Turn } from '#src/domain/turn.ts';

const now = new Date('2026-11-21T10:00:00.000Z');
const turn = { createdAt: new Date('2026-11-21T09:00:00.000Z') } as Turn;
const lastRun = { signal: new AbortController().signal, attempt: 6, lastAttempt: true, crashes: 0 };
const firstRun = { ...lastRun, attempt: 1, lastAttempt: false, crashes: 0 };

describe('the end of a turn that fails', () => {
  it('comes with the last attempt, and at once when the vendor says no', () => {
    expect(isFinal(new ProviderUnavailable('down'), lastRun, turn, now)).toBe(true);
    expect(isFinal(new ProviderUnavailable('down'), firstRun, turn, now)).toBe(false);
    expect(isFinal(new ProviderRefused('quota', 'no'), firstRun, turn, now)).toBe(true);
  });

  it.each([new StorageUnavailable('the disk is full'), new LostLease('taken on elsewhere')])(
    'never comes from %s',
    (error) => {
      expect(isFinal(error, lastRun, turn, now)).toBe(false);
      expect(isFinal(error, firstRun, turn, now)).toBe(false);
    },
  );
});
