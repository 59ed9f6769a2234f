import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';

/**
 * Counts in memory: enough for one process. A second SQLite handle would block the event loop while the main one holds the
 * write lock, and after a restart everybody starts with a fresh window, which hurts nobody.
 */
export function createMemoryRateLimiter(limit: { messages: number; windowSeconds: number }): RateLimiter {
  const limiter = new RateLimiterMemory({ points: limit.messages, duration: limit.windowSeconds });
  return {
    async consume(userId) {
      try {
        await limiter.consume(userId);
        return { allowed: true };
      } catch (rejection) {
        // The library rejects with a result when the limit is reached and with an Error when it is broken.
        if (rejection instanceof RateLimiterRes)
          return { allowed: false, msUntilFree: rejection.msBeforeNext };
        throw rejection;
      }
    },
  };
}
