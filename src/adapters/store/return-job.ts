import type { Kysely } from 'kysely';
import type { SetAlarms } from './alarms.ts';
import type { Database, JobRow } from './schema.ts';

/** How a job goes back to waiting. */
export interface Return {
  readonly runAt: Date;
  readonly now: Date;
  readonly attempts: number;
  readonly crashes: number;
  readonly error: string | null;
  readonly setAlarms: SetAlarms | undefined;
  readonly locksRows: boolean;
}

/**
 * Lets a job wait again that the caller has locked. One key waits once: when a newer request waits under the same key by now, it
 * takes over this job's history. Another process may add one at this very moment, which ends the transaction as a duplicate.
 */
export async function returnJob(
  trx: Kysely<Database>,
  job: Pick<JobRow, 'id' | 'key'>,
  to: Return,
): Promise<void> {
  const heir = await trx
    .selectFrom('jobs')
    .select('id')
    .where('key', '=', job.key)
    .where('state', '=', 'waiting')
    .$if(to.locksRows, (query) => query.forUpdate())
    .executeTakeFirst();
  if (heir) await trx.deleteFrom('jobs').where('id', '=', job.id).execute();
  await trx
    .updateTable('jobs')
    .set({
      state: 'waiting',
      run_at: to.runAt.toISOString(),
      attempts: to.attempts,
      crashes: to.crashes,
      lease_until: null,
      holder: null,
      started_at: null,
      last_error: to.error,
      updated_at: to.now.toISOString(),
    })
    .where('id', '=', heir?.id ?? job.id)
    .execute();
  await to.setAlarms?.(trx, [{ key: job.key, runAt: to.runAt }]);
}
