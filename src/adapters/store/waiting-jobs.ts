import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { JobName } from '#src/ports/jobs.ts';
import type { Alarm, SetAlarms } from './alarms.ts';
import { inChunks } from './in-chunks.ts';
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
  readonly setAlarms: SetAlarms | undefined;
}

/** Queues jobs, or moves those that already wait under their keys, and sets their alarms; inside the caller's transaction. */
export async function upsertWaitingJobs(
  trx: Kysely<Database>,
  jobs: readonly WaitingJob[],
  when: Waiting,
): Promise<void> {
  const now = when.now.toISOString();
  // Always in the same order: two processes that wake the same people must not wait for each other.
  const sorted = jobs.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  const alarms = await inChunks(sorted, async (chunk): Promise<Alarm[]> => {
    const rows = await trx
      .insertInto('jobs')
      .values(
        chunk.map((job) => ({
          ...job,
          state: 'waiting' as const,
          run_at: when.runAt.toISOString(),
          latest_at: when.latest,
          attempts: 0,
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
      .returning(['key', 'run_at'])
      .execute();
    return rows.map((row) => ({ key: row.key, runAt: new Date(row.run_at) }));
  });
  if (alarms.length > 0) await when.setAlarms?.(trx, alarms);
}
