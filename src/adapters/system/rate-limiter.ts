import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import type { Clock } from '#src/ports/system.ts';

/** How much is allowed, and when it is. */
export interface Allowance {
  readonly messages: number;
  readonly windowSeconds: number;
  readonly clock: Clock;
}

/**
 * Counts in memory: enough for one process. A second SQLite handle would block the event loop while the main one holds the
 * write lock, and after a restart everybody starts with a fresh window, which hurts nobody.
 */
export function createMemoryRateLimiter(allowance: Allowance): RateLimiter {
  const { messages: points, windowSeconds: duration } = allowance;
  return toRateLimiter(new RateLimiterMemory({ points, duration }), allowance);
}

/** The library's limiter behind our port. */
export function toRateLimiter(
  limiter: Pick<RateLimiterAbstract, 'consume'>,
  { clock }: Allowance,
): RateLimiter {
  return {
    async arrived(userId) {
      try {
        await limiter.consume(userId);
        return undefined;
      } catch (rejection) {
        // The library rejects with a result when the limit is reached and with an Error when it is broken.
        if (!(rejection instanceof RateLimiterRes)) throw rejection;
        return new Date(clock.now().getTime() + rejection.msBeforeNext);
      }
    },
  };
}
