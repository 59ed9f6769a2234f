import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import type { Clock } from '#src/ports/system.ts';

/**
 * Counts in memory: enough for one process. A second SQLite handle would block the event loop while the main one holds the
 * write lock, and after a restart everybody starts with a fresh window, which hurts nobody.
 */
export function createMemoryRateLimiter(limit: {
  readonly messages: number;
  readonly windowSeconds: number;
  readonly clock: Clock;
}): RateLimiter {
  const limiter = new RateLimiterMemory({ points: limit.messages, duration: limit.windowSeconds });
  /** Messages over the limit that have not been judged yet: never more than are waiting to be looked at. */
  const exceeded = new Map<string, Date>();
  return {
    async arrived(userId, messageId) {
      try {
        await limiter.consume(userId);
      } catch (rejection) {
        // The library rejects with a result when the limit is reached and with an Error when it is broken.
        if (!(rejection instanceof RateLimiterRes)) throw rejection;
        exceeded.set(messageId, new Date(limit.clock.now().getTime() + rejection.msBeforeNext));
      }
    },
    exceededUntil(messageId) {
      const until = exceeded.get(messageId);
      exceeded.delete(messageId);
      return until;
    },
  };
}
