import type { Pool } from 'pg';
import type { DatabaseTarget } from '#config/database-target.ts';
import type { Settings } from '#config/settings.ts';
import { createLive } from '../adapters/system/live.ts';
import { openPostgresLive } from '../adapters/system/postgres-live.ts';
import { createPostgresRateLimiter } from '../adapters/system/postgres-rate-limiter.ts';
import { createMemoryRateLimiter } from '../adapters/system/rate-limiter.ts';
import type { Live } from '../ports/live.ts';
import type { RateLimiter } from '../ports/rate-limiter.ts';
import type { Clock, Log, NewId } from '../ports/system.ts';

/** Tells open pages what happened: in this process on SQLite, in every process on Postgres. */
export async function openLive(
  target: DatabaseTarget,
  { log, newId }: { log: Log; newId: NewId },
): Promise<Live & AsyncDisposable> {
  const local = createLive({ log });
  if (target.engine === 'postgres') return openPostgresLive({ url: target.url, local, newId, log });
  return { ...local, async [Symbol.asyncDispose]() {} };
}

/** Counts messages a person: in memory on SQLite, across processes on Postgres. */
export function openRateLimiter(
  limit: Settings['access']['rateLimit'],
  { pool, clock }: { pool: Pool | undefined; clock: Clock },
): RateLimiter {
  const allowance = { ...limit, clock };
  return pool ? createPostgresRateLimiter({ ...allowance, pool }) : createMemoryRateLimiter(allowance);
}
