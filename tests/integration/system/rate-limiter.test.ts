import { Client, Pool } from 'pg';
import { describe, expect, inject, it, vi } from 'vitest';
import { createPostgresRateLimiter } from '#src/adapters/system/postgres-rate-limiter.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const clock = createTestClock();
const now = clock.now().getTime();

async function open(
  engine: (typeof engines)[number],
  allowance: { messages: number; windowSeconds: number },
) {
  const database = await openTestDatabase(engine);
  const { pool } = database;
  const openOne = (): RateLimiter =>
    pool
      ? createPostgresRateLimiter({ ...allowance, clock, pool })
      : createMemoryRateLimiter({ ...allowance, clock });
  return {
    limiter: openOne(),
    /** As another process would; only Postgres has one. */
    other: pool && openOne(),
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

  it('counts in Postgres as soon as it is there, when it was away at the start', async () => {
    await using database = await openTestDatabase('postgres');
    if (database.target.engine !== 'postgres') throw new Error('not Postgres');
    const { url } = database.target;
    await using stack = new AsyncDisposableStack();
    const administrator = stack.adopt(
      new Client({ connectionString: `${inject('postgresUrl')}/postgres` }),
      (client) => client.end(),
    );
    await administrator.connect();
    const name = new URL(url).pathname.slice(1);
    await administrator.query(`alter database ${name} with allow_connections false`);
    const pool = stack.adopt(new Pool({ connectionString: url, max: 2 }), (opened) => opened.end());
    const limiter = createPostgresRateLimiter({ messages: 1, windowSeconds: 60, clock, pool });
    await expect(pool.query('select 1')).rejects.toThrow('not currently accepting');
    expect(await limiter.arrived('ana')).toBeUndefined();

    await administrator.query(`alter database ${name} with allow_connections true`);
    const other = createPostgresRateLimiter({ messages: 1, windowSeconds: 60, clock, pool });
    expect(await limiter.arrived('bo')).toBeUndefined();
    expect(await other.arrived('bo')).toBeInstanceOf(Date);
  });

  it('forgets windows that ended long ago, with a timer that keeps no process alive', async () => {
    await using database = await openTestDatabase('postgres');
    const { pool } = database;
    if (!pool) throw new Error('no pool');
    await pool.query("insert into rate_limits values ('old', 1, 1), ('new', 1, 9e15)");
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    createPostgresRateLimiter({ messages: 1, windowSeconds: 60, clock, pool });
    expect(timers()).toBe(before);

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      createPostgresRateLimiter({ messages: 1, windowSeconds: 60, clock, pool });
      vi.advanceTimersByTime(5 * 60_000);
    } finally {
      vi.useRealTimers();
    }
    const keys = async () => (await pool.query<{ key: string }>('select key from rate_limits')).rows;
    await waitFor('the old window to be gone', async () => (await keys()).length === 1);
    expect(await keys()).toEqual([{ key: 'new' }]);
  });

  it('goes on counting for itself while the database does not answer', async () => {
    const pool = new Pool({ connectionString: `${inject('postgresUrl')}/postgres`, max: 1 });
    await pool.end();
    const limiter = createPostgresRateLimiter({ messages: 2, windowSeconds: 60, clock, pool });
    expect([await limiter.arrived('ana'), await limiter.arrived('ana')]).toEqual([undefined, undefined]);
    expect(await limiter.arrived('ana')).toBeInstanceOf(Date);
  });
});
