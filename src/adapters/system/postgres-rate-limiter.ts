import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import { type Allowance, toRateLimiter } from './rate-limiter.ts';

/**
 * Counts in Postgres, so that the allowance holds across processes. While the database does not answer, each process counts for
 * itself: a limit is no reason to refuse a message. Windows that ended an hour ago are removed every five minutes by a timer
 * that keeps no process alive.
 */
export function createPostgresRateLimiter(deps: Allowance & { readonly pool: Pool }): RateLimiter {
  const { messages: points, windowSeconds: duration, pool } = deps;
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    // By a migration. The library tries it only once, and would count in memory for good if that failed.
    tableCreated: true,
    points,
    duration,
    insuranceLimiter: new RateLimiterMemory({ points, duration }),
  });
  return toRateLimiter(limiter, deps);
}
