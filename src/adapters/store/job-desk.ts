import type { Kysely, Selectable } from 'kysely';
import type { DatabaseTarget } from '#config/database-target.ts';
import type { JobFacts, JobName, QueueDesk } from '#src/ports/jobs.ts';
import type { Clock } from '#src/ports/system.ts';
import type { SetAlarms } from './alarms.ts';
import { jobDialect } from './job-dialect.ts';
import { returnJob } from './return-job.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database, JobRow } from './schema.ts';

interface DeskDeps {
  readonly db: Kysely<Database>;
  readonly engine: DatabaseTarget['engine'];
  readonly clock: Clock;
  readonly setAlarms?: SetAlarms | undefined;
}

/** What the owner can see of the queue and do with it; the same from any process. */
export function createQueueDesk({ db, engine, clock, setAlarms }: DeskDeps): QueueDesk {
  const { locksRows } = jobDialect(engine, clock);
  const jobsIn = (state: JobRow['state']) => db.selectFrom('jobs').selectAll().where('state', '=', state);
  return {
    async health() {
      const rows = await db
        .selectFrom('jobs')
        // People who wait for an answer; housekeeping that waits for tomorrow is no backlog.
        .where('name', '=', 'answer-user')
        .select((row) => ['state', row.fn.countAll<number>().as('count'), row.fn.min('run_at').as('oldest')])
        .groupBy('state')
        .execute();
      const count = (state: JobRow['state']) => Number(rows.find((row) => row.state === state)?.count ?? 0);
      const oldest = rows.find((row) => row.state === 'waiting')?.oldest;
      return {
        waiting: count('waiting'),
        running: count('running'),
        failed: count('failed'),
        oldestDueMs: oldest ? Math.max(0, clock.now().getTime() - Date.parse(oldest)) : 0,
      };
    },

    async failures(limit) {
      const rows = await jobsIn('failed')
        .orderBy('updated_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toFacts);
    },

    async running(limit) {
      const rows = await jobsIn('running').orderBy('started_at').orderBy('id').limit(limit).execute();
      return rows.map(toFacts);
    },

    retry: (jobId) =>
      runTransaction(db, async (trx) => {
        const job = await trx
          .selectFrom('jobs')
          .select(['id', 'key'])
          .where('id', '=', jobId)
          .where('state', '=', 'failed')
          .$if(locksRows, (query) => query.forUpdate())
          .executeTakeFirst();
        if (!job) return false;
        const now = clock.now();
        await returnJob(trx, job, {
          runAt: now,
          now,
          attempts: 0,
          crashes: 0,
          error: null,
          setAlarms,
          locksRows,
        });
        return true;
      }),

    async discard(jobId) {
      const gone = await db
        .deleteFrom('jobs')
        .where('id', '=', jobId)
        .where('state', '=', 'failed')
        .executeTakeFirst();
      return gone.numDeletedRows > 0n;
    },
  };
}

function toFacts(row: Selectable<JobRow>): JobFacts {
  return {
    id: row.id,
    name: row.name as JobName,
    lane: row.lane,
    attempts: row.attempts,
    reason: row.last_error,
    holder: row.holder,
    createdAt: row.created_at,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
  };
}
