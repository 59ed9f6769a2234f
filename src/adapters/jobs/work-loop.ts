import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import { AppError, LostLease } from '#src/domain/errors.ts';
import type { ClaimedJob, JobHandlers, JobTable } from '#src/ports/jobs.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import { type Outcome, runJob } from './run-job.ts';
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
  /**
   * A run whose lease could not be renewed for so long is aborted with LostLease, in milliseconds. Left out where no other process
   * could take it over.
   */
  readonly patienceMs?: number;
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
  /** Holds on to what runs, and gives back what dead processes held. May be called again while an earlier call hangs. */
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
  /** When the lease was last asked for that this process was given, as `performance.now()`. */
  heldSince: number;
  /** Goes off when the lease is about to end. */
  patience?: NodeJS.Timeout;
  /** It was aborted because of that; nobody else may have taken it yet. */
  isGivenUp: boolean;
}

/** The database may be gone for a moment: so long until the next look, in milliseconds. */
const lookAgainMs = 1_000;
/** What an aborted job gets to come to an end and be put back, in milliseconds. */
const lastWordsMs = 3_000;

export function createWorkLoop(deps: LoopDeps): WorkLoop {
  const { table, clock, log, concurrency, leaseMs } = deps;
  const runs = new Map<Run, Promise<void>>();
  const slotWaiters: (() => void)[] = [];
  const renewals = new Set<Promise<void>>();
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
        const asked = performance.now();
        const jobs = await table.claim({ limit: concurrency - runs.size, leaseMs });
        if (closing) return void (await Promise.all(jobs.map(giveBack)));
        for (const job of jobs) begin(job, handlers, asked);
        if (jobs.length === 0) break;
        // A lane gives one job a claim, so there may be more; those that have begun go first.
        await setImmediate();
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
    return settle(job, again('the process was stopped'));
  }

  const again = (error: string): Outcome => ({ kind: 'again', runAt: clock.now(), error, uncounted: true });
  const settle = (job: ClaimedJob, outcome: Outcome) =>
    settleJob(job, outcome, { table, log, signal: abandoned.signal });

  function begin(job: ClaimedJob, known: JobHandlers, asked: number): void {
    const run: Run = { job, abort: new AbortController(), over: false, heldSince: 0, isGivenUp: false };
    hold(run, asked);
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
    clearTimeout(run.patience);
    // Perhaps nobody has taken it: put back it runs again soon, left alone it would count as a process that died of it.
    const isMine = outcome.kind === 'lost' && run.isGivenUp;
    await settle(job, isMine ? again('its lease could not be renewed') : outcome);
  }

  /** The lease counts from before it was asked for: the answer may have been long on its way. */
  function hold(run: Run, asked: number): void {
    if (deps.patienceMs === undefined || run.over || asked < run.heldSince) return;
    run.heldSince = asked;
    clearTimeout(run.patience);
    run.patience = setTimeout(() => giveUp(run), asked + deps.patienceMs - performance.now());
  }

  function giveUp(run: Run): void {
    if (run.abort.signal.aborted) return;
    log.warn(
      { job: run.job.name, jobId: run.job.id },
      'the lease of a job could not be renewed; it is cut short',
    );
    run.isGivenUp = true;
    run.abort.abort(new LostLease('the lease could not be renewed in time'));
  }

  async function holdOn(): Promise<void> {
    const held = [...runs.keys()];
    if (held.length > 0) {
      const asked = performance.now();
      const kept = await table.extend(
        held.map((run) => run.job),
        leaseMs,
      );
      for (const run of held) {
        if (kept.has(run.job.id)) hold(run, asked);
        else if (!run.over) run.abort.abort(new LostLease('another process took this job over'));
      }
    }
    // Its own first: a process that was cut off for a while keeps what nobody else has taken.
    if (closing) return;
    const { abandoned, hurried } = await table.release('expired');
    if (abandoned > 0) log.warn({ abandoned }, 'jobs of processes that ended are taken over');
    if (hurried > 0) {
      log.warn({ hurried }, 'jobs that waited for a time too far ahead are due now: was the clock set back?');
    }
  }

  return {
    start(given) {
      handlers = given;
    },
    look,
    async renew() {
      if (abandoned.signal.aborted) return;
      const renewal = holdOn().finally(() => renewals.delete(renewal));
      renewals.add(renewal);
      await renewal;
    },
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
      // What was under way must not touch a closed database.
      await within(lastWordsMs, Promise.allSettled([looking, ...renewals]));
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
