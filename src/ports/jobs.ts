/** Work that can be queued, by name, with its payload: ids only. */
export interface JobPayloads {
  /** Answer everything this user has sent and that is still unanswered. */
  'answer-user': { readonly userId: string };
  /** Remove media older than the retention time. */
  'remove-old-media': Record<string, never>;
}
export type JobName = keyof JobPayloads;

/** What a handler is told about its run. */
export interface JobRun {
  /** Aborted on shutdown and when the lease is lost. */
  readonly signal: AbortSignal;
  /** 1 for the first run. */
  readonly attempt: number;
  /** True when a failure of this run will not be tried again. */
  readonly lastAttempt: boolean;
}

/** A missing handler is a compile error. */
export type JobHandlers = {
  readonly [Name in JobName]: (payload: JobPayloads[Name], run: JobRun) => Promise<void>;
};

/** What the health page says about the queue. */
export interface QueueHealth {
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
  /** Age of the oldest job that should already run, in milliseconds. */
  readonly oldestDueMs: number;
}

/** Runs queued jobs: one at a time a lane, lanes side by side. */
export interface JobRunner extends AsyncDisposable {
  /** Begins to take jobs. */
  start(handlers: JobHandlers): void;
  /** Looks at the queue at `at` (now if left out) instead of at the next timer; call after a commit that enqueued something. */
  poke(at?: Date): void;
  /** Resolves when nothing is due or running; for tests and shutdown. */
  whenIdle(): Promise<void>;
  health(): Promise<QueueHealth>;
}

/** A job that this process now holds. */
export interface ClaimedJob {
  readonly id: string;
  readonly name: JobName;
  readonly payload: string;
  readonly attempt: number;
}

/** The queue's table: every method is one transaction. Loops and timers are not its business. */
export interface JobTable {
  /** Takes the due jobs whose lanes are free, oldest first, holding each until `leaseUntil`. */
  claim(options: { now: Date; leaseUntil: Date; limit: number }): Promise<ClaimedJob[]>;
  extend(jobIds: readonly string[], leaseUntil: Date): Promise<void>;
  finish(jobId: string): Promise<void>;
  /** Puts a job back, to run again at `runAt`; `uncounted` when the attempt was cut short through no fault of its own. */
  putBack(jobId: string, options: { runAt: Date; error: string; uncounted?: boolean }): Promise<void>;
  /** Ends a job for good; it is kept with its reason. */
  giveUp(jobId: string, error: string): Promise<void>;
  /** Gives back what a dead process held: at start on a one-process engine, or by expired leases. */
  release(options: { leasesBefore: Date | 'all' }): Promise<number>;
  enqueue(job: { name: JobName; lane: string; key: string; payload: string; runAt: Date }): Promise<void>;
  /** When the next waiting job wants to run; undefined when nothing waits. */
  nextRunAt(): Promise<Date | undefined>;
  health(now: Date): Promise<QueueHealth>;
}
