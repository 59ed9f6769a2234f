import { type Kysely, sql } from 'kysely';
import type { JobDialect, LeaseEnd } from './job-dialect.ts';
import type { Database } from './schema.ts';
import { type Given, statement } from './statement.ts';

/** Waiting jobs in lanes where nothing runs. */
export function inFreeLanes(db: Pick<Kysely<Database>, 'selectFrom'>) {
  return db
    .selectFrom('jobs')
    .where('state', '=', 'waiting')
    .where('lane', 'not in', (busy) =>
      busy.selectFrom('jobs as held').select('held.lane').where('held.state', '=', 'running'),
    );
}

/** The statements that every job goes through, for one engine. */
export function createJobStatements({ locksRows, leaseUntil }: JobDialect) {
  /** In one statement. Two processes that take from one lane at the same moment meet at its unique index; the second looks again. */
  const claim = statement(
    (db, given: Given<{ now: string; limit: number; holder: string; leaseEnd: LeaseEnd }>) =>
      db
        .with('due', (query) =>
          inFreeLanes(query)
            .select(['id', 'lane', 'run_at'])
            .where('run_at', '<=', given.now)
            .orderBy('run_at')
            .orderBy('id')
            .limit(given.limit)
            .$if(locksRows, (locked) => locked.forUpdate().skipLocked()),
        )
        .with('placed', (query) =>
          query
            .selectFrom('due')
            .select([
              'due.id as job_id',
              sql<number>`row_number() over (partition by due.lane order by due.run_at, due.id)`.as('place'),
            ]),
        )
        .updateTable('jobs')
        .from('placed')
        .set((row) => ({
          state: 'running',
          lease_until: leaseUntil(given.leaseEnd),
          holder: given.holder,
          started_at: given.now,
          attempts: row('jobs.attempts', '+', 1),
          updated_at: given.now,
        }))
        .whereRef('jobs.id', '=', 'placed.job_id')
        .where('placed.place', '=', 1)
        .returning(['jobs.id', 'jobs.name', 'jobs.payload', 'jobs.attempts', 'jobs.crashes', 'jobs.run_at']),
  );

  /** The fence: a run that is another process's by now is left alone. */
  const finish = statement((db, given: Given<{ id: string; holder: string; attempt: number }>) =>
    db
      .deleteFrom('jobs')
      .where('id', '=', given.id)
      .where('state', '=', 'running')
      .where('holder', '=', given.holder)
      .where('attempts', '=', given.attempt),
  );

  const selectNext = statement((db) => inFreeLanes(db).select('run_at').orderBy('run_at').limit(1));

  return { claim, finish, selectNext };
}
