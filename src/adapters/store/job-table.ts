import { type Kysely, sql } from 'kysely';
import type { DatabaseTarget } from '#config/database-target.ts';
import type { ClaimedJob, JobName, JobTable } from '#src/ports/jobs.ts';
import type { Clock, NewId } from '#src/ports/system.ts';
import type { SetAlarms } from './alarms.ts';
import { inChunks } from './in-chunks.ts';
import { createQueueDesk } from './job-desk.ts';
import { jobDialect } from './job-dialect.ts';
import { createJobStatements, inFreeLanes } from './job-statements.ts';
import { returnJob } from './return-job.ts';
import { runStatement, runTransaction } from './run-transaction.ts';
import type { Database } from './schema.ts';
import { upsertWaitingJobs } from './waiting-jobs.ts';

interface TableDeps {
  readonly db: Kysely<Database>;
  readonly engine: DatabaseTarget['engine'];
  readonly clock: Clock;
  readonly newId: NewId;
  /** Names this process; no two that live at the same time may share it. */
  readonly holder: string;
  readonly setAlarms?: SetAlarms | undefined;
}

/** The queue in one table: at most one running job a lane, at most one waiting job a key, both kept by unique indexes. */
export function createJobTable(deps: TableDeps): JobTable {
  const { db, engine, clock, newId, holder, setAlarms } = deps;
  const dialect = jobDialect(engine, clock);
  const { locksRows } = dialect;
  const statements = createJobStatements(dialect);

  /** A run that this process still holds: with the attempt, so that an earlier run cannot settle a later one. */
  const held = (trx: Kysely<Database>, job: ClaimedJob) =>
    trx
      .selectFrom('jobs')
      .select(['id', 'key', 'attempts', 'crashes'])
      .where('id', '=', job.id)
      .where('state', '=', 'running')
      .where('holder', '=', holder)
      .where('attempts', '=', job.attempt)
      .$if(locksRows, (query) => query.forUpdate());

  return {
    async claim({ limit, leaseMs }) {
      const now = clock.now().toISOString();
      const rows = await runStatement(
        db,
        (trx) => statements.claim.all(trx, { now, limit, holder, leaseEnd: dialect.leaseEnd(leaseMs) }),
        // Taken back by a power cut it waits as before.
        'committed',
      );
      return rows
        .toSorted((one, other) => (one.run_at + one.id < other.run_at + other.id ? -1 : 1))
        .map((job) => ({
          id: job.id,
          name: job.name as JobName,
          payload: job.payload,
          attempt: job.attempts,
          crashes: job.crashes,
        }));
    },

    async extend(jobs, leaseMs) {
      const attempts = new Map(jobs.map((job) => [job.id, job.attempt]));
      const rows = await db
        .updateTable('jobs')
        .set({ lease_until: dialect.leaseUntil(sql`${dialect.leaseEnd(leaseMs)}`) })
        .where('id', 'in', [...attempts.keys()])
        .where('state', '=', 'running')
        .where('holder', '=', holder)
        .returning(['id', 'attempts'])
        .execute();
      return new Set(rows.filter((row) => attempts.get(row.id) === row.attempts).map((row) => row.id));
    },

    async finish({ id, attempt }) {
      return (
        (await runStatement(
          db,
          (trx) => statements.finish.change(trx, { id, holder, attempt }),
          'committed',
        )) > 0
      );
    },

    putBack: (job, { runAt, error, uncounted }) =>
      runTransaction(db, async (trx) => {
        const mine = await held(trx, job).executeTakeFirst();
        if (!mine) return false;
        const attempts = uncounted ? mine.attempts - 1 : mine.attempts;
        const history = { attempts, crashes: mine.crashes, error };
        await returnJob(trx, mine, { runAt, now: clock.now(), ...history, setAlarms, locksRows });
        return true;
      }),

    async giveUp(job, error) {
      const ended = await db
        .updateTable('jobs')
        .set({
          state: 'failed',
          lease_until: null,
          holder: null,
          started_at: null,
          last_error: error,
          updated_at: clock.now().toISOString(),
        })
        .where('id', '=', job.id)
        .where('state', '=', 'running')
        .where('holder', '=', holder)
        .where('attempts', '=', job.attempt)
        .executeTakeFirst();
      return ended.numUpdatedRows > 0n;
    },

    async release(which) {
      const hurried = await hurryAfterClockJump(db, clock.now());
      const stale = (trx: Kysely<Database>) =>
        trx
          .selectFrom('jobs')
          .select(['id', 'key', 'attempts', 'crashes'])
          .where('state', '=', 'running')
          .$if(which === 'expired', (query) => query.where(dialect.leaseIsOver()));
      let abandoned = 0;
      for (const { id } of await stale(db).execute()) {
        abandoned += await runTransaction(db, async (trx) => {
          // Another process may release it as well, or its own may have come back to life.
          const job = await stale(trx)
            .where('id', '=', id)
            .$if(locksRows, (query) => query.forUpdate().skipLocked())
            .executeTakeFirst();
          if (!job) return 0;
          const now = clock.now();
          const error = 'the process ended while it ran';
          const history = { attempts: job.attempts, crashes: job.crashes + 1, error };
          await returnJob(trx, job, { runAt: now, now, ...history, setAlarms, locksRows });
          return 1;
        });
      }
      return { abandoned, hurried };
    },

    enqueue: ({ runAt, ...job }) =>
      runTransaction(db, async (trx) => {
        const latest = runAt.toISOString();
        const whenWaiting = sql<string>`case when jobs.run_at < ${latest} then jobs.run_at else ${latest} end`;
        const when = { runAt, now: clock.now(), latest, whenWaiting, setAlarms };
        await upsertWaitingJobs(trx, [{ ...job, id: newId() }], when);
      }),

    async nextRunAt() {
      const row = await statements.selectNext.first(db, {});
      return row && new Date(row.run_at);
    },

    waitingOf: (keys) =>
      inChunks(keys, async (chunk) => {
        const rows = await inFreeLanes(db).select(['key', 'run_at']).where('key', 'in', chunk).execute();
        return rows.map((row) => ({ key: row.key, runAt: new Date(row.run_at) }));
      }),

    async unattended(userIds) {
      const attended = await inChunks(userIds, (chunk) =>
        db
          .selectFrom('jobs')
          .select('key')
          .where('key', 'in', chunk)
          .where('state', 'in', ['waiting', 'running'])
          .execute(),
      );
      const keys = new Set(attended.map((row) => row.key));
      return userIds.filter((userId) => !keys.has(userId));
    },

    desk: createQueueDesk({ db, engine, clock, setAlarms }),
  };
}

/** More than clocks of several machines differ, in milliseconds. */
const clockJumpMs = 60_000;
/** Nobody's wake-up is ever put off so far: quiet moments take five minutes at most, retries two and a half. In milliseconds. */
const farthestMs = 10 * 60_000;

/**
 * When the clock is set back, what waits would wait for hours until the old time comes again. A job that was touched in the future
 * proves it, or one that wants to wait for longer than any does; it is due now.
 */
async function hurryAfterClockJump(db: Kysely<Database>, now: Date): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ run_at: now.toISOString(), updated_at: now.toISOString() })
    .where('state', '=', 'waiting')
    .where('name', 'in', ['answer-user', 'send-broadcast'])
    .where((row) =>
      row.or([
        row('updated_at', '>', new Date(now.getTime() + clockJumpMs).toISOString()),
        row('run_at', '>', new Date(now.getTime() + farthestMs).toISOString()),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}
