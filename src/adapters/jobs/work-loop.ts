import { setTimeout as pause } from 'node:timers/promises';
import { AppError, LostLease } from '#src/domain/errors.ts';
import type { ClaimedJob, JobHandlers, JobTable } from '#src/ports/jobs.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import { runJob } from './run-job.ts';
import { settleJob } from './settle-job.ts';

/** What both engines' runners are made of. */
export interface RunnerDeps {
  readonly table: JobTable;
  readonly clock: Clock;
  readonly log: Log;
  /** Jobs that run side by side in this process. */
  readonly concurrency: number;
  /** How long closing waits for running jobs before it aborts them, in milliseconds. */
  readonly graceMs: number;
}

interface LoopDeps extends RunnerDeps {
  /** A claimed job is this process's for so long, renewed by `renew`, in milliseconds. */
  readonly leaseMs: number;
  /** Before a job runs; what it throws is the job's failure. */
  readonly beforeRun?: (job: ClaimedJob) => Promise<void>;
  /** After each look, with the slots that are left. */
  readonly afterLook?: (freeSlots: number) => Promise<void>;
}

/** Takes due jobs into free slots and runs them. When to look is the engine's business. */
export interface WorkLoop {
  start(handlers: JobHandlers): void;
  /** Takes what is due; resolves when a look that began after this call is over, and never rejects. */
  look(): Promise<void>;
  /** Holds on to what runs, and gives back what dead processes held. */
  renew(): Promise<void>;
  /** Resolves when nothing is due that this process would still have to take: with a free slot after a look, or on closing. */
  hasRoom(): Promise<void>;
  freeSlots(): number;
  whenIdle(): Promise<void>;
  /** Takes nothing more, waits for what runs, aborts it after the grace period. Resolves in any case. */
  close(): Promise<void>;
}

interface Run {
  readonly job: ClaimedJob;
  readonly abort: AbortController;
  over: boolean;
}

/** The database may be gone for a moment: so long until the next look, in milliseconds. */
const lookAgainMs = 1_000;
/** What an aborted job gets to come to an end and be put back, in milliseconds. */
const lastWordsMs = 3_000;

export function createWorkLoop(deps: LoopDeps): WorkLoop {
  const { table, clock, log, concurrency, leaseMs } = deps;
  const runs = new Map<Run, Promise<void>>();
  const slotWaiters: (() => void)[] = [];
  const abandoned = new AbortController();
  let handlers: JobHandlers | undefined;
  let looking: Promise<void> | undefined;
  let lookingNext: Promise<void> | undefined;
  let closing = false;
  let isReadable = true;

  function look(): Promise<void> {
    if (!looking) {
      looking = takeDue().finally(() => {
        looking = undefined;
      });
      return looking;
    }
    lookingNext ??= looking.then(() => {
      lookingNext = undefined;
      return look();
    });
    return lookingNext;
  }

  async function takeDue(): Promise<void> {
    try {
      while (handlers && !closing && runs.size < concurrency) {
        const jobs = await table.claim({ limit: concurrency - runs.size, leaseMs });
        if (closing) return void (await Promise.all(jobs.map(giveBack)));
        for (const job of jobs) begin(job, handlers);
        // A lane gives one job a claim, so there may be more.
        if (jobs.length === 0) break;
      }
      if (!closing) await deps.afterLook?.(concurrency - runs.size);
      if (!isReadable) log.info({}, 'the job queue can be read again');
      isReadable = true;
    } catch (error) {
      if (closing) return;
      if (isReadable) log.error({ err: error }, 'the job queue could not be read');
      isReadable = false;
      setTimeout(look, lookAgainMs);
    }
  }

  /** A job that was claimed while closing began. */
  function giveBack(job: ClaimedJob): Promise<void> {
    const outcome = {
      kind: 'again',
      runAt: clock.now(),
      error: 'the process was stopped',
      uncounted: true,
    } as const;
    return settleJob(job, outcome, { table, log, signal: abandoned.signal });
  }

  function begin(job: ClaimedJob, known: JobHandlers): void {
    const run: Run = { job, abort: new AbortController(), over: false };
    runs.set(
      run,
      carryOut(run, known).finally(() => {
        runs.delete(run);
        for (const wake of slotWaiters.splice(0)) wake();
        if (!closing) void look();
      }),
    );
  }

  async function carryOut(run: Run, known: JobHandlers): Promise<void> {
    const { job, abort } = run;
    const outcome = await runJob(job, known, {
      signal: abort.signal,
      clock,
      log,
      before: () => deps.beforeRun?.(job),
    });
    run.over = true;
    await settleJob(job, outcome, { table, log, signal: abandoned.signal });
  }

  async function renew(): Promise<void> {
    const held = [...runs.keys()];
    if (held.length > 0) {
      const kept = await table.extend(
        held.map((run) => run.job),
        leaseMs,
      );
      for (const run of held) {
        if (kept.has(run.job.id) || run.over) continue;
        run.abort.abort(new LostLease('another process took this job over'));
      }
    }
    // Its own first: a process that was cut off for a while keeps what nobody else has taken.
    await table.release('expired');
  }

  return {
    start(given) {
      handlers = given;
    },
    look,
    renew,
    freeSlots: () => concurrency - runs.size,
    async hasRoom() {
      while (runs.size >= concurrency && !closing) {
        await new Promise<void>((resolve) => slotWaiters.push(resolve));
        await look();
      }
    },
    async whenIdle() {
      for (;;) {
        await look();
        const { waiting, running } = await table.desk.health();
        if (runs.size + waiting + running === 0) return;
        await pause(10);
      }
    },
    async close() {
      closing = true;
      for (const wake of slotWaiters.splice(0)) wake();
      const ended = () => Promise.all(runs.values());
      if (!(await within(deps.graceMs, ended()))) {
        const reason = new AppError('stopping', 'the process is closing', { retryable: true });
        for (const run of runs.keys()) run.abort.abort(reason);
        await within(lastWordsMs, ended());
      }
      // A look that was under way must not touch a closed database.
      await within(lastWordsMs, Promise.resolve(looking));
      abandoned.abort();
    },
  };
}

/** True when the work ends within the time; it goes on in any case. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = pause(ms, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([work.then(() => true), late]);
  timer.abort();
  return inTime;
}
