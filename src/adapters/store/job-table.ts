import type { Kysely, RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { ClaimedJob, JobName, JobTable } from '#src/ports/jobs.ts';
import type { Clock, NewId } from '#src/ports/system.ts';
import type { Database } from './schema.ts';

interface WaitingJob {
  readonly id: string;
  readonly name: JobName;
  readonly lane: string;
  readonly key: string;
  readonly payload: string;
}

interface Waiting {
  readonly runAt: Date;
  readonly now: Date;
  readonly latest: string;
  /** The new `run_at` when a job with this key already waits. */
  readonly whenWaiting: RawBuilder<string>;
}

/** Queues jobs, or moves those that already wait under their keys. */
export async function upsertWaitingJobs(
  db: Kysely<Database>,
  jobs: readonly WaitingJob[],
  when: Waiting,
): Promise<void> {
  const now = when.now.toISOString();
  await db
    .insertInto('jobs')
    .values(
      jobs.map((job) => ({
        ...job,
        state: 'waiting' as const,
        run_at: when.runAt.toISOString(),
        latest_at: when.latest,
        attempts: 0,
        lease_until: null,
        last_error: null,
        created_at: now,
        updated_at: now,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .column('key')
        .where('state', '=', sql.lit('waiting'))
        .doUpdateSet({ run_at: when.whenWaiting, updated_at: now }),
    )
    .execute();
}

/** The queue in one table: at most one running job a lane, at most one waiting job a key. */
export function createJobTable({
  db,
  clock,
  newId,
}: {
  db: Kysely<Database>;
  clock: Clock;
  newId: NewId;
}): JobTable {
  const touch = () => clock.now().toISOString();
  return {
    claim: ({ now, leaseUntil, limit }) =>
      db.transaction().execute(async (trx) => {
        const due = await trx
          .selectFrom('jobs')
          .select(['id', 'name', 'lane', 'payload', 'attempts'])
          .where('state', '=', 'waiting')
          .where('run_at', '<=', now.toISOString())
          .where('lane', 'not in', (busy) =>
            busy.selectFrom('jobs as held').select('held.lane').where('held.state', '=', 'running'),
          )
          .orderBy('run_at')
          .orderBy('id')
          .limit(limit)
          .execute();
        const firstOfLane = due.filter(
          (job, index) => due.findIndex((other) => other.lane === job.lane) === index,
        );
        if (firstOfLane.length === 0) return [];
        await trx
          .updateTable('jobs')
          .set((row) => ({
            state: 'running',
            lease_until: leaseUntil.toISOString(),
            attempts: row('attempts', '+', 1),
            updated_at: touch(),
          }))
          .where(
            'id',
            'in',
            firstOfLane.map((job) => job.id),
          )
          .execute();
        return firstOfLane.map(
          (job): ClaimedJob => ({
            id: job.id,
            name: job.name as JobName,
            payload: job.payload,
            attempt: job.attempts + 1,
          }),
        );
      }),

    async extend(jobIds, leaseUntil) {
      await db
        .updateTable('jobs')
        .set({ lease_until: leaseUntil.toISOString() })
        .where('id', 'in', jobIds)
        .where('state', '=', 'running')
        .execute();
    },

    async finish(jobId) {
      await db.deleteFrom('jobs').where('id', '=', jobId).execute();
    },

    putBack: (jobId, { runAt, error, uncounted }) =>
      db.transaction().execute(async (trx) => {
        const job = await trx
          .selectFrom('jobs')
          .select(['key', 'attempts'])
          .where('id', '=', jobId)
          .executeTakeFirst();
        if (!job) return;
        // A newer request may wait under the same key by now: it takes over this job's history, since one key waits once.
        const heir = await trx
          .selectFrom('jobs')
          .select('id')
          .where('key', '=', job.key)
          .where('state', '=', 'waiting')
          .executeTakeFirst();
        if (heir) await trx.deleteFrom('jobs').where('id', '=', jobId).execute();
        await trx
          .updateTable('jobs')
          .set({
            state: 'waiting',
            run_at: runAt.toISOString(),
            attempts: uncounted ? job.attempts - 1 : job.attempts,
            lease_until: null,
            last_error: error,
            updated_at: touch(),
          })
          .where('id', '=', heir?.id ?? jobId)
          .execute();
      }),

    async giveUp(jobId, error) {
      await db
        .updateTable('jobs')
        .set({ state: 'failed', lease_until: null, last_error: error, updated_at: touch() })
        .where('id', '=', jobId)
        .execute();
    },

    async release({ leasesBefore }) {
      let held = db.selectFrom('jobs').select('id').where('state', '=', 'running');
      if (leasesBefore !== 'all') held = held.where('lease_until', '<', leasesBefore.toISOString());
      const jobs = await held.execute();
      for (const job of jobs) {
        await this.putBack(job.id, { runAt: clock.now(), error: 'the process ended while it ran' });
      }
      return jobs.length;
    },

    async enqueue({ runAt, ...job }) {
      const now = clock.now();
      const latest = runAt.toISOString();
      const whenWaiting = sql<string>`case when jobs.run_at < ${latest} then jobs.run_at else ${latest} end`;
      await upsertWaitingJobs(db, [{ ...job, id: newId() }], { runAt, now, latest, whenWaiting });
    },

    async nextRunAt() {
      const row = await db
        .selectFrom('jobs')
        .select('run_at')
        .where('state', '=', 'waiting')
        .where('lane', 'not in', (busy) =>
          busy.selectFrom('jobs as held').select('held.lane').where('held.state', '=', 'running'),
        )
        .orderBy('run_at')
        .executeTakeFirst();
      return row && new Date(row.run_at);
    },

    async health(now) {
      const rows = await db
        .selectFrom('jobs')
        // People who wait for an answer; housekeeping that waits for tomorrow is no backlog.
        .where('name', '=', 'answer-user')
        .select((row) => ['state', row.fn.countAll<number>().as('count')])
        .groupBy('state')
        .execute();
      const count = (state: string) => Number(rows.find((row) => row.state === state)?.count ?? 0);
      const oldest = await db
        .selectFrom('jobs')
        .select('run_at')
        .where('name', '=', 'answer-user')
        .where('state', '=', 'waiting')
        .orderBy('run_at')
        .executeTakeFirst();
      return {
        waiting: count('waiting'),
        running: count('running'),
        failed: count('failed'),
        oldestDueMs: oldest ? Math.max(0, now.getTime() - Date.parse(oldest.run_at)) : 0,
      };
    },
  };
}
