import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import type { Log } from '#src/ports/system.ts';
import { type Allowance, toRateLimiter } from './rate-limiter.ts';

const tableName = 'rate_limits';

/**
 * Counts in Postgres, so that the allowance holds across processes. While the database does not answer, each process counts for
 * itself: a limit is no reason to refuse a message. Windows that ended an hour ago are removed every five minutes by a timer
 * that keeps no process alive.
 */
export async function openPostgresRateLimiter(
  deps: Allowance & { readonly pool: Pool; readonly log: Pick<Log, 'warn'> },
): Promise<RateLimiter> {
  const { messages: points, windowSeconds: duration, pool, log } = deps;
  const insuranceLimiter = new RateLimiterMemory({ points, duration });
  const options = { storeClient: pool, storeType: 'pool', tableName, points, duration, insuranceLimiter };
  // The constructor makes the table in the background; until it is there, every count would go to the insurance.
  const limiter = await new Promise<RateLimiterPostgres>((resolve) => {
    const made: RateLimiterPostgres = new RateLimiterPostgres(options, (error) => {
      if (error)
        log.warn({ err: error }, 'the table of rate limits could not be made; limits count per process');
      resolve(made);
    });
  });
  return toRateLimiter(limiter, deps);
}
