import { AppError } from '#src/domain/errors.ts';
import type { ClaimedJob, JobHandlers, JobName, JobPayloads, JobRunner, JobTable } from '#src/ports/jobs.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import { decideRetry, maxAttempts } from './retry.ts';

export interface RunnerDeps {
  readonly table: JobTable;
  readonly clock: Clock;
  readonly log: Log;
  /** Jobs that run side by side. */
  readonly concurrency: number;
  /** How long closing waits for running jobs before it aborts them, in milliseconds. */
  readonly graceMs: number;
}

/** Longer than any step without a sign of life; renewed while the job runs. */
const leaseMs = 60_000;
const renewEveryMs = 20_000;
/** Sleeps at most this long, so that a changed system clock cannot stall the queue for good. */
const longestSleepMs = 30_000;

/** Runs jobs of a `JobTable` in this process. It knows no SQL and sleeps until the next job is due. */
export function openEmbeddedRunner(deps: RunnerDeps): JobRunner {
  const { table, clock, log, concurrency, graceMs } = deps;
  const running = new Map<string, Promise<void>>();
  const stop = new AbortController();
  const idleWaiters: (() => void)[] = [];
  let handlers: JobHandlers | undefined;
  let timer: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  let looking = false;
  let lookAgain = false;
  let closing = false;

  const renewal = setInterval(() => {
    renewAndRelease().catch((error: unknown) => {
      log.warn({ err: error }, 'the leases of running jobs could not be renewed');
    });
  }, renewEveryMs);
  renewal.unref();

  async function renewAndRelease(): Promise<void> {
    const now = clock.now();
    if (running.size > 0) await table.extend([...running.keys()], new Date(now.getTime() + leaseMs));
    if ((await table.release({ leasesBefore: now })) > 0) void look();
  }

  async function look(): Promise<void> {
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    try {
      do {
        lookAgain = false;
        await takeDueJobs();
      } while (lookAgain && !closing);
      await scheduleNext();
    } catch (error) {
      // The database may be gone for a moment: keep trying, the cause shows on /health.
      log.error({ err: error }, 'the job queue could not be read');
      sleepUntil(clock.now().getTime() + 1_000);
    } finally {
      looking = false;
    }
  }

  async function takeDueJobs(): Promise<void> {
    if (!handlers || closing || running.size >= concurrency) return;
    const now = clock.now();
    const jobs = await table.claim({
      now,
      leaseUntil: new Date(now.getTime() + leaseMs),
      limit: concurrency - running.size,
    });
    for (const job of jobs) {
      const run = runJob(job, handlers)
        .catch((error: unknown) => {
          // Its outcome could not be stored: the lease runs out and the job runs again, resuming after its last stored step.
          log.error({ err: error, jobId: job.id }, 'the outcome of a job could not be stored');
        })
        .finally(() => {
          running.delete(job.id);
          void look();
        });
      running.set(job.id, run);
    }
  }

  async function scheduleNext(): Promise<void> {
    clearTimeout(timer);
    wakesAt = Number.POSITIVE_INFINITY;
    if (closing || running.size >= concurrency) return;
    const next = await table.nextRunAt();
    if (next) sleepUntil(next.getTime());
    if (running.size === 0 && !next) for (const wake of idleWaiters.splice(0)) wake();
  }

  /** Wakes up at `time` or at the earlier time that is already set: a later wish must never push an earlier one away. */
  function sleepUntil(time: number): void {
    if (closing || time >= wakesAt) return;
    clearTimeout(timer);
    wakesAt = time;
    const sleepMs = Math.min(longestSleepMs, Math.max(0, time - clock.now().getTime()));
    timer = setTimeout(() => {
      wakesAt = Number.POSITIVE_INFINITY;
      void look();
    }, sleepMs);
  }

  async function runJob(job: ClaimedJob, known: JobHandlers): Promise<void> {
    const lastAttempt = job.attempt >= maxAttempts;
    try {
      await dispatch(known, job.name, job.payload, {
        signal: stop.signal,
        attempt: job.attempt,
        lastAttempt,
      });
      await table.finish(job.id);
    } catch (error) {
      await afterFailure(job, error);
    }
  }

  async function afterFailure(job: ClaimedJob, error: unknown): Promise<void> {
    const facts = { job: job.name, jobId: job.id, attempt: job.attempt, err: error };
    const reason =
      error instanceof AppError ? `${error.code} ${error.vendorCode ?? ''}`.trim() : 'unexpected error';
    if (stop.signal.aborted) {
      await table.putBack(job.id, { runAt: clock.now(), error: 'the process was stopped', uncounted: true });
      return;
    }
    const decision = decideRetry(error, job.attempt, Math.random());
    if (decision.again) {
      log.warn({ ...facts, retryInMs: decision.delayMs }, 'job failed and will be tried again');
      await table.putBack(job.id, {
        runAt: new Date(clock.now().getTime() + decision.delayMs),
        error: reason,
      });
    } else {
      log.error(facts, 'job failed for good');
      await table.giveUp(job.id, reason);
    }
  }

  return {
    start(given) {
      handlers = given;
      void look();
    },
    poke(at) {
      if (!at || at <= clock.now()) void look();
      else sleepUntil(at.getTime());
    },
    whenIdle: () =>
      new Promise((resolve) => {
        idleWaiters.push(resolve);
        void look();
      }),
    health: () => table.health(clock.now()),
    async [Symbol.asyncDispose]() {
      closing = true;
      clearTimeout(timer);
      clearInterval(renewal);
      const grace = setTimeout(() => stop.abort(new Error('shutting down')), graceMs);
      await Promise.allSettled(running.values());
      clearTimeout(grace);
      // A look that was under way when closing began must not touch a closed database.
      while (looking) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function dispatch<Name extends JobName>(
  handlers: JobHandlers,
  name: Name,
  payload: string,
  run: Parameters<JobHandlers[Name]>[1],
): Promise<void> {
  const handler = handlers[name] as (
    payload: JobPayloads[Name],
    run: Parameters<JobHandlers[Name]>[1],
  ) => Promise<void>;
  return handler(JSON.parse(payload) as JobPayloads[Name], run);
}
