import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderUnavailable } from '#src/domain/errors.ts';
import type { Log } from '#src/ports/system.ts';
import { stopped, toAppError } from './errors.ts';

/** How patient a call is before it leaves the rest to the job queue. */
export interface RetryOptions {
  readonly attempts: number;
  /** The longest single wait; a provider that asks for more is left to the queue, which can wait without holding a turn. */
  readonly longestWaitMs: number;
  /** No attempt starts later than this after the first: somebody is watching typing dots. */
  readonly patienceMs: number;
  /** Waits, or rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** What a call to the model gets unless told otherwise. */
export const retryOptions: RetryOptions = {
  attempts: 3,
  longestWaitMs: 20_000,
  patienceMs: 75_000,
  delay: (ms, signal) => sleep(ms, undefined, { signal }),
};

/**
 * Repeats a call while the provider is unavailable: after the time it asked for, else after about 0.5, 1, 2 … seconds. Refusals
 * are final at once. A few seconds of trouble are normal operation; a longer outage belongs to the job queue.
 * @throws AppError only; a ProviderUnavailable carries the provider's last `retryAfterMs`
 */
export async function withRetries<T>(
  call: () => Promise<T>,
  context: { signal: AbortSignal; log: Log; model: string; onRetry?: (() => void) | undefined },
  options: RetryOptions = retryOptions,
): Promise<T> {
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      context.signal.throwIfAborted();
      return await call();
    } catch (thrown) {
      const error = toAppError(thrown, context.signal);
      if (!(error instanceof ProviderUnavailable) || attempt >= options.attempts) throw error;
      const waitMs = Math.ceil(error.retryAfterMs ?? backoffMs(attempt));
      const elapsedMs = performance.now() - startedAt;
      if (waitMs > options.longestWaitMs || elapsedMs + waitMs > options.patienceMs) throw error;
      context.log.warn(
        { model: context.model, attempt, waitMs, vendorCode: error.vendorCode },
        'the model is unavailable; trying again',
      );
      await wait(options, waitMs, context.signal);
      context.onRetry?.();
    }
  }
}

async function wait(options: RetryOptions, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await options.delay(ms, signal);
  } catch (error) {
    throw signal.aborted ? stopped(signal) : error;
  }
}

/** Doubles each time; the random half keeps several waiting turns from returning in one instant. */
function backoffMs(attempt: number): number {
  return 500 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}
