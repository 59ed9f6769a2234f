import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openAlarms } from '#src/adapters/jobs/pg-boss-alarms.ts';
import { openPostgres } from '#src/adapters/store/open-postgres.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import { realClock } from '#tests/support/job-engine.ts';
import { createDatabase } from '#tests/support/postgres-server.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { openSilentProxy } from '#tests/support/silent-proxy.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const queryTimeoutMs = 250;
const poolSize = 3;
/** Kysely's, which holds back every other process that would migrate. */
const migrationLock = '3853314791062309107';

let made: Awaited<ReturnType<typeof createDatabase>>;
beforeAll(async () => {
  made = await createDatabase(inject('postgresUrl'));
});
afterAll(() => made[Symbol.asyncDispose]());

const log = createQuietLog();
const openThrough = (url: string) =>
  openPostgres({ engine: 'postgres', url, poolSize }, { log, queryTimeoutMs });
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done' as const,
    (error: unknown) => error,
  );

describe('connections that fall silent', () => {
  it.each<[string, (database: Awaited<ReturnType<typeof openThrough>>) => Promise<unknown>]>([
    ['a statement', ({ db }) => sql`select 1`.execute(db)],
    ['a transaction', ({ db }) => db.transaction().execute((trx) => sql`select 1`.execute(trx))],
  ])('leave the pool after one failure each: %s', async (_what, work) => {
    await using proxy = await openSilentProxy(made.url);
    await using database = await openThrough(proxy.url);
    const ask = () => outcomeOf(work(database));
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['done', 'done', 'done']);
    expect(database.pool?.totalCount).toBe(poolSize);
    proxy.silence();
    for (let left = poolSize; left > 0; left--) {
      expect(await ask()).toBeInstanceOf(StorageUnavailable);
      expect(database.pool?.totalCount).toBe(left - 1);
    }
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['done', 'done', 'done']);
  });

  it('are not given to somebody who waits for one', async () => {
    await using proxy = await openSilentProxy(made.url);
    await using database = await openThrough(proxy.url);
    const ask = () => outcomeOf(sql`select 1`.execute(database.db));
    await Promise.all([ask(), ask(), ask()]);
    proxy.silence();
    const outcomes = await Promise.all(Array.from({ length: 9 }, ask));
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(9 - poolSize);
    for (const outcome of outcomes) {
      if (outcome !== 'done') expect(outcome).toBeInstanceOf(StorageUnavailable);
    }
  });

  it('leave the pool when its own users meet them', async () => {
    await using proxy = await openSilentProxy(made.url);
    await using database = await openThrough(proxy.url);
    const { pool } = database;
    if (!pool) throw new Error('no pool');
    await pool.query('select 1');
    proxy.silence();
    expect(await outcomeOf(pool.query('select 1'))).toBeInstanceOf(Error);
    expect(await outcomeOf(pool.query('select 1'))).toBe('done');
  });

  it('do not keep alarms from being set', async () => {
    await using proxy = await openSilentProxy(made.url);
    await using alarms = await openAlarms({ url: proxy.url, clock: realClock, log, queryTimeoutMs });
    const set = () => outcomeOf(alarms.set(undefined, [{ key: 'ana', runAt: new Date() }]));
    await waitFor('an alarm', async () => (await set()) === 'done');
    proxy.silence();
    await waitFor('an alarm after the silence', async () => (await set()) === 'done');
  });
});

describe('the time a query may take', () => {
  it('does not bind migrations, and leaves none of their connections', async () => {
    await using fresh = await createDatabase(inject('postgresUrl'));
    await using stack = new AsyncDisposableStack();
    const other = stack.adopt(new Client({ connectionString: fresh.url }), (client) => client.end());
    await other.connect();
    await other.query(`select pg_advisory_lock(${migrationLock})`);
    const opening = outcomeOf(openThrough(fresh.url).then((database) => stack.use(database)));
    await waitFor('a migration that waits for long', async () => {
      const { rows } = await other.query(`select 1 from pg_stat_activity where datname = current_database()
        and wait_event = 'advisory' and now() - query_start > interval '${queryTimeoutMs * 3} ms'`);
      return rows.length > 0;
    });
    await other.query(`select pg_advisory_unlock(${migrationLock})`);
    expect(await opening).toBe('done');
    const { rows } = await other.query(`select 1 from pg_stat_activity where datname = current_database()
      and pid <> pg_backend_pid() and backend_type = 'client backend'`);
    expect(rows).toEqual([]);
  });
});
