import { Pool } from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { openPostgresRateLimiter } from '#src/adapters/system/postgres-rate-limiter.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const clock = createTestClock();
const log = createQuietLog();
const now = clock.now().getTime();

async function open(
  engine: (typeof engines)[number],
  allowance: { messages: number; windowSeconds: number },
) {
  const database = await openTestDatabase(engine);
  const { pool } = database;
  const openOne = async (): Promise<RateLimiter> =>
    pool
      ? openPostgresRateLimiter({ ...allowance, clock, log, pool })
      : createMemoryRateLimiter({ ...allowance, clock });
  return {
    limiter: await openOne(),
    /** As another process would; only Postgres has one. */
    other: pool && (await openOne()),
    pool,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

describe.each(engines)('the rate limiter on %s', (engine) => {
  it('lets the allowance pass, and says of the rest when the window ends', async () => {
    await using limits = await open(engine, { messages: 3, windowSeconds: 60 });
    const counted = [];
    for (let message = 1; message <= 5; message++) counted.push(await limits.limiter.arrived('ana'));
    expect(counted.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    for (const until of counted.slice(3)) {
      expect(until?.getTime()).toBeGreaterThan(now + 50_000);
      expect(until?.getTime()).toBeLessThanOrEqual(now + 60_000);
    }
    expect(await limits.limiter.arrived('bo')).toBeUndefined();
  });

  it('begins a new window when the old one is over', async () => {
    await using limits = await open(engine, { messages: 1, windowSeconds: 1 });
    expect(await limits.limiter.arrived('ana')).toBeUndefined();
    expect(await limits.limiter.arrived('ana')).toBeInstanceOf(Date);
    // What comes too early is counted too, and makes the window no longer.
    await waitFor('a new window', async () => (await limits.limiter.arrived('ana')) === undefined);
  });
});

describe('the rate limiter on postgres', () => {
  it('counts what two processes accept together, at once', async () => {
    await using limits = await open('postgres', { messages: 10, windowSeconds: 60 });
    const arrivals = Array.from({ length: 30 }, (_, index) =>
      (index % 2 === 0 ? limits.limiter : limits.other)?.arrived('ana'),
    );
    const counted = await Promise.all(arrivals);
    expect(counted.filter((until) => until === undefined)).toHaveLength(10);
  });

  it('opens its table in several processes at once', async () => {
    await using database = await openTestDatabase('postgres');
    const { pool } = database;
    if (!pool) throw new Error('no pool');
    const open = () => openPostgresRateLimiter({ messages: 1, windowSeconds: 60, clock, log, pool });
    const limiters = await Promise.all([open(), open(), open(), open()]);
    const counted = await Promise.all(limiters.map((limiter) => limiter.arrived('ana')));
    expect(counted.filter((until) => until === undefined)).toHaveLength(1);
  });

  it('goes on counting for itself while the database does not answer', async () => {
    const pool = new Pool({ connectionString: `${inject('postgresUrl')}/postgres`, max: 1 });
    await pool.end();
    const limiter = await openPostgresRateLimiter({ messages: 2, windowSeconds: 60, clock, log, pool });
    expect([await limiter.arrived('ana'), await limiter.arrived('ana')]).toEqual([undefined, undefined]);
    expect(await limiter.arrived('ana')).toBeInstanceOf(Date);
  });
});
