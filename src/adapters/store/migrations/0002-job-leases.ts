import { type Kysely, sql } from 'kysely';

/** Several processes share the queue: each run has a holder, and the database itself keeps a lane to one run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('holder', 'text').execute();
  await db.schema.alterTable('jobs').addColumn('started_at', 'text').execute();

  // What is marked as running belongs to a process that is gone; one key waits once, so a newer request stands in for it.
  await sql`delete from jobs where state = 'running' and
    (key in (select w.key from jobs w where w.state = 'waiting') or
     id not in (select max(r.id) from jobs r where r.state = 'running' group by r.key))`.execute(db);
  await sql`update jobs set state = 'waiting', lease_until = null where state = 'running'`.execute(db);

  await db.schema
    .createIndex('jobs_running_lane')
    .on('jobs')
    .column('lane')
    .unique()
    .where(sql.ref('state'), '=', sql.lit('running'))
    .execute();
}
