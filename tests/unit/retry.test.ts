import { describe, expect, it } from 'vitest';
import { decideRetry, maxAttempts } from '#src/adapters/jobs/retry.ts';
import { ProviderRefused, ProviderUnavailable, StorageUnavailable } from '#src/domain/errors.ts';

describe('a failed job', () => {
  it('waits twice as long each time, up to a minute', () => {
    const delays = [1, 2, 3, 4, 5].map((attempt) => decideRetry(new Error('down'), attempt, 0));
    expect(delays).toEqual([1, 2, 4, 8, 16].map((seconds) => ({ again: true, delayMs: seconds * 1000 })));
  });

  it('waits as long as the vendor asks', () => {
    const error = new ProviderUnavailable('too many requests', { retryAfterMs: 30_000 });
    expect(decideRetry(error, 1, 0)).toEqual({ again: true, delayMs: 30_000 });
  });

  it('waits two minutes at most, whatever the vendor asks', () => {
    const error = new ProviderUnavailable('come back tomorrow', { retryAfterMs: 86_400_000 });
    expect(decideRetry(error, 1, 0)).toEqual({ again: true, delayMs: 120_000 });
  });

  it('is spread by jitter', () => {
    expect(decideRetry(new Error('down'), 1, 0.8)).toEqual({ again: true, delayMs: 1_200 });
  });

  it('ends after its attempts, and at once when a vendor refuses for good', () => {
    expect(decideRetry(new Error('down'), maxAttempts, 0)).toEqual({ again: false });
    expect(decideRetry(new ProviderRefused('quota', 'no money'), 1, 0)).toEqual({ again: false });
  });

  it('is tried again for ever, uncounted, while our own database is in trouble', () => {
    const trouble = new StorageUnavailable('down');
    for (const attempt of [1, maxAttempts, 100]) {
      expect(decideRetry(trouble, attempt, 0)).toEqual({ again: true, delayMs: 1_000, uncounted: true });
      expect(decideRetry(trouble, attempt, 0.999)).toMatchObject({ delayMs: 4_996 });
    }
  });
});
