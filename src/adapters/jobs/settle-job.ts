import { setTimeout as pause } from 'node:timers/promises';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { ClaimedJob, JobTable } from '#src/ports/jobs.ts';
import type { Log } from '#src/ports/system.ts';
import type { Outcome } from './run-job.ts';

/** How soon an outcome that could not be stored is tried again, in milliseconds; it doubles up to the longer one. */
const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Stores the outcome of a run, however long the database takes to come back; never throws.
 * @param signal gives up: the lease runs out then, and the job runs again, resuming after its last stored step
 */
export async function settleJob(
  job: ClaimedJob,
  outcome: Outcome,
  { table, log, signal }: { table: JobTable; log: Log; signal: AbortSignal },
): Promise<void> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    try {
      if (outcome.kind === 'lost' || !(await store(table, job, outcome))) {
        log.warn({ job: job.name, jobId: job.id }, 'another process took this job over');
      }
      return;
    } catch (error) {
      log.warn({ err: error, job: job.name, jobId: job.id }, 'the outcome of a job could not be stored');
      if (!(error instanceof StorageUnavailable)) return;
    }
    try {
      await pause(pauseMs, undefined, { signal });
    } catch {
      return;
    }
  }
}

function store(
  table: JobTable,
  job: ClaimedJob,
  outcome: Exclude<Outcome, { kind: 'lost' }>,
): Promise<boolean> {
  switch (outcome.kind) {
    case 'finished':
      return table.finish(job);
    case 'again':
      return table.putBack(job, outcome);
    case 'failed':
      return table.giveUp(job, outcome.error);
  }
}
