import { AppError, LostLease } from '#src/domain/errors.ts';
import type { ClaimedJob, JobHandlers, JobPayloads, JobRun } from '#src/ports/jobs.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import { decideRetry, maxAttempts } from './retry.ts';

/** What is to be stored about a run that is over; `lost` when that is another process's business by now. */
export type Outcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'again'; readonly runAt: Date; readonly error: string; readonly uncounted: boolean }
  | { readonly kind: 'failed'; readonly error: string };

interface RunFacts {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs a claimed job once; never throws. What an abort of `signal` means depends on its reason. */
export async function runJob(
  job: ClaimedJob,
  handlers: JobHandlers,
  { before, ...facts }: RunFacts & { before?: () => Promise<void> | undefined },
): Promise<Outcome> {
  const { signal } = facts;
  const { crashes } = job;
  const attempt = attemptOf(job);
  try {
    await before?.();
    const lastAttempt = attempt >= maxAttempts;
    await dispatch(handlers, job.name, job.payload, { signal, attempt, lastAttempt, crashes });
    return { kind: 'finished' };
  } catch (error) {
    return afterFailure(job, error, facts);
  }
}

/** A run that ended with its process says nothing about the job: the machine may have been switched off. */
function attemptOf(job: ClaimedJob): number {
  return job.attempt - job.crashes;
}

function afterFailure(job: ClaimedJob, error: unknown, { signal, clock, log }: RunFacts): Outcome {
  const facts = { job: job.name, jobId: job.id, attempt: attemptOf(job), err: error };
  if (signal.reason instanceof LostLease) return { kind: 'lost' };
  if (signal.aborted) {
    log.info({ job: job.name, jobId: job.id }, 'a job was cut short and is handed back');
    return { kind: 'again', runAt: clock.now(), error: 'the process was stopped', uncounted: true };
  }
  const reason =
    error instanceof AppError ? `${error.code} ${error.vendorCode ?? ''}`.trim() : 'unexpected error';
  const decision = decideRetry(error, attemptOf(job), Math.random());
  if (!decision.again) {
    log.error(facts, 'job failed for good');
    return { kind: 'failed', error: reason };
  }
  log.warn({ ...facts, retryInMs: decision.delayMs }, 'job failed and will be tried again');
  const runAt = new Date(clock.now().getTime() + decision.delayMs);
  return { kind: 'again', runAt, error: reason, uncounted: decision.uncounted ?? false };
}

function dispatch<Name extends keyof JobPayloads>(
  handlers: JobHandlers,
  name: Name,
  payload: string,
  run: JobRun,
): Promise<void> {
  const handler = handlers[name] as (payload: JobPayloads[Name], run: JobRun) => Promise<void>;
  return handler(JSON.parse(payload) as JobPayloads[Name], run);
}
