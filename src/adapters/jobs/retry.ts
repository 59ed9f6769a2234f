import { AppError, StorageUnavailable } from '#src/domain/errors.ts';

/** What becomes of a job whose run failed. */
export type RetryDecision =
  | { readonly again: true; readonly delayMs: number; readonly uncounted?: true }
  | { readonly again: false };

/** Runs a job at most this often: with the delays below that is half a minute of an outage, and more when the vendor asks for it. */
export const maxAttempts = 6;

/** A vendor may ask for hours; nobody is kept waiting for that. Turns end with a word about it (bot/apologize.ts). */
const longestDelayMs = 120_000;

/**
 * Whether and when a failed job runs again: what a vendor asked for (two minutes at most), else 1 s·2ⁿ up to 60 s, with up to 25 % jitter so that a
 * whole crowd does not return in the same second. Trouble with our own database is nobody's failure: 1–5 s, for as long as it takes.
 * @param attempt 1 after the first run
 * @param random 0 ≤ x < 1
 */
export function decideRetry(error: unknown, attempt: number, random: number): RetryDecision {
  if (error instanceof StorageUnavailable) {
    return { again: true, delayMs: Math.round(1_000 + random * 4_000), uncounted: true };
  }
  if (attempt >= maxAttempts) return { again: false };
  if (error instanceof AppError && !error.retryable) return { again: false };
  const backoffMs = Math.min(60_000, 1_000 * 2 ** (attempt - 1));
  const askedMs = error instanceof AppError ? (error.retryAfterMs ?? 0) : 0;
  const delayMs = Math.min(longestDelayMs, Math.max(backoffMs, askedMs));
  return { again: true, delayMs: Math.round(delayMs * (1 + random * 0.25)) };
}
