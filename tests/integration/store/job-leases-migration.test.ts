import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { up } from '#src/adapters/store/migrations/0002-job-leases.ts';
import type { OpenDatabase } from '#src/adapters/store/open-database.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';

/** A queue as a process left it that was killed before leases had holders. */
describe.each(engines)('the migration to job leases on %s', (engine) => {
  let database: OpenDatabase;
  beforeEach(async () => {
    database = await openTestDatabase(engine);
  });
  afterEach(() => database[Symbol.asyncDispose]());

  it('gives back what ran, once a key, and keeps a lane to one run from then on', async () => {
    const { db } = database;
    await db.schema.dropIndex('jobs_running_lane').execute();
    await db.schema.alterTable('jobs').dropColumn('holder').execute();
    await db.schema.alterTable('jobs').dropColumn('started_at').execute();
    const at = '2026-11-21T10:00:00.000Z';
    const job = (id: string, key: string, state: 'waiting' | 'running' | 'failed') => ({
      id,
      name: 'answer-user',
      lane: key,
      key,
      payload: '{}',
      state,
      run_at: at,
      latest_at: at,
      attempts: 1,
      lease_until: state === 'running' ? at : null,
      created_at: at,
      updated_at: at,
    });
    const left = [
      job('1', 'ana', 'running'),
      job('2', 'ana', 'waiting'),
      job('3', 'ben', 'running'),
      job('4', 'ben', 'running'),
      job('5', 'ben', 'failed'),
      job('6', 'cleo', 'running'),
    ];
    await db.insertInto('jobs').values(left).execute();

    await up(db as unknown as Kysely<unknown>);

    const rows = await db.selectFrom('jobs').select(['id', 'state', 'lease_until']).orderBy('id').execute();
    expect(rows.map((row) => `${row.id} ${row.state}`)).toEqual([
      '2 waiting',
      '4 waiting',
      '5 failed',
      '6 waiting',
    ]);
    expect(rows.every((row) => row.lease_until === null)).toBe(true);
    const run = { ...job('7', 'dan', 'running'), lane: 'same' };
    await db.insertInto('jobs').values(run).execute();
    await expect(
      db
        .insertInto('jobs')
        .values({ ...run, id: '8' })
        .execute(),
    ).rejects.toThrow();
  });
});
