/** Work that can be queued, by name, with its payload: ids only. */
export interface JobPayloads {
  /** Answer everything this user has sent and that is still unanswered. */
  'answer-user': { readonly userId: string };
  /** Forget a person for good. */
  'erase-person': { readonly userId: string };
  /** Have providers delete what they keep of a person who was erased. */
  'erase-at-provider': { readonly userId: string };
  /** Hand out what a broadcast has to say, at its pace. */
  'send-broadcast': { readonly broadcastId: string };
  /** Remove media older than the retention time. */
  'remove-old-media': Record<string, never>;
  /** Add up what was consumed, by day, for the reports. */
  'sum-usage': Record<string, never>;
  /** Apply delivery reports and corrections that came before what they are about, and forget those of what never came. */
  'settle-reports': Record<string, never>;
  /** Ask providers which templates the account has. */
  'sync-templates': Record<string, never>;
}
export type JobName = keyof JobPayloads;
/** Work for one person, in their lane. */
export type ErasureJobName = 'erase-person' | 'erase-at-provider';
/** Work that repeats by the clock and needs no payload. */
export type ScheduledJobName = Exclude<JobName, 'answer-user' | 'send-broadcast' | ErasureJobName>;

/** What a handler is told about its run. */
export interface JobRun {
  /** Aborted on shutdown and when the lease is lost. */
  readonly signal: AbortSignal;
  /** 1 for the first run. */
  readonly attempt: number;
  /** True when a failure of this run will not be tried again. */
  readonly lastAttempt: boolean;
  /** How often a process ended while it ran this job; those runs are no attempts. */
  readonly crashes: number;
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

/** A job as the owner sees it. Times are ISO-8601 UTC. */
export interface JobFacts {
  readonly id: string;
  readonly name: JobName;
  /** Whom it is for: the user's id, or the job's own name for housekeeping. */
  readonly lane: string;
  readonly attempts: number;
  /** Why its last run failed, without personal data; null when none has. */
  readonly reason: string | null;
  /** The process that runs it; null unless it runs. */
  readonly holder: string | null;
  readonly createdAt: string;
  /** When the present run began; null unless it runs. */
  readonly startedAt: string | null;
  readonly updatedAt: string;
}

/** What the owner can see of the queue and do with it. */
export interface QueueDesk {
  health(): Promise<QueueHealth>;
  /** Jobs that were given up, newest first. */
  failures(limit: number): Promise<JobFacts[]>;
  /** Jobs that some process runs now, longest first. */
  running(limit: number): Promise<JobFacts[]>;
  /** Runs a given-up job again, with all its attempts; false when there is none with this id. */
  retry(jobId: string): Promise<boolean>;
  /** Forgets a given-up job; false when there is none with this id. */
  discard(jobId: string): Promise<boolean>;
}

/** Runs queued jobs: one at a time a lane, lanes side by side. One that is never started still answers the owner's questions. */
export interface JobRunner extends QueueDesk, AsyncDisposable {
  /** Begins to take jobs. */
  start(handlers: JobHandlers): Promise<void>;
  /**
   * Runs a job by the clock, once for all processes; a time that was missed because no process ran is made up for once.
   * @param cron five fields, in UTC
   */
  every(name: ScheduledJobName, cron: string): Promise<void>;
  /** Looks at the queue at `at` (now if left out) instead of at the next timer; call after a commit that enqueued something. */
  poke(at?: Date): void;
  /** Resolves when nobody waits for an answer and nothing runs; for tests. */
  whenIdle(): Promise<void>;
}

/** Enqueues work inside the transaction: rolled back means never queued. */
export interface WakeStore {
  /** Wakes each person's job at `runAt`; a waiting wake-up moves there, but at most `latestMs` after it was first asked for. */
  wake(userIds: readonly string[], runAt: Date, latestMs: number): Promise<void>;
  /** Has a person erased, or what providers keep of them, not before `runAt` and never while they are being answered. */
  erase(job: ErasureJobName, userId: string, runAt: Date): Promise<void>;
  /** Has providers asked which templates the account has. */
  syncTemplates(runAt: Date): Promise<void>;
  /** Has a broadcast handed out from `runAt` on. */
  broadcast(broadcastId: string, runAt: Date): Promise<void>;
}

/** A job that this process now holds. */
export interface ClaimedJob {
  readonly id: string;
  readonly name: JobName;
  readonly payload: string;
  /** Counts every claim, and so names this run. */
  readonly attempt: number;
  /** How many of the earlier runs ended with their process. */
  readonly crashes: number;
}

/** A job to queue; one that already waits under the same key is moved to the earlier time instead. */
export interface NewJob {
  readonly name: JobName;
  readonly lane: string;
  readonly key: string;
  readonly payload: string;
  readonly runAt: Date;
}

/** How many jobs were let go, and from what. */
export interface Released {
  /** Held by processes that ended: they wait again. */
  readonly abandoned: number;
  /** Waiting for a time too far ahead, as after a clock that was set back: they are due now. */
  readonly hurried: number;
}

/**
 * The queue's table: every method is one transaction. Loops and timers are not its business. A run belongs to the process that
 * claimed it until its lease ends; `false` means that it is another's by now, and that nothing was changed.
 */
export interface JobTable {
  /** Takes the due jobs whose lanes are free, oldest first, holding each for `leaseMs`. */
  claim(options: { limit: number; leaseMs: number }): Promise<ClaimedJob[]>;
  /** Holds jobs for another `leaseMs`; the ids of those that are still this process's. */
  extend(jobs: readonly ClaimedJob[], leaseMs: number): Promise<ReadonlySet<string>>;
  finish(job: ClaimedJob): Promise<boolean>;
  /** Puts a job back, to run again at `runAt`; `uncounted` when the attempt was cut short through no fault of its own. */
  putBack(job: ClaimedJob, options: { runAt: Date; error: string; uncounted?: boolean }): Promise<boolean>;
  /** Ends a job for good; it is kept with its reason. */
  giveUp(job: ClaimedJob, error: string): Promise<boolean>;
  /**
   * Gives back what dead processes held: by expired leases, or everything where one process owns the database. Jobs that wait
   * for a time too far ahead become due.
   */
  release(which: 'expired' | 'all'): Promise<Released>;
  enqueue(job: NewJob): Promise<void>;
  /** When the next waiting job whose lane is free wants to run; undefined when nothing waits. */
  nextRunAt(): Promise<Date | undefined>;
  /** Of these keys, those that wait in a free lane, and until when. */
  waitingOf(keys: readonly string[]): Promise<{ readonly key: string; readonly runAt: Date }[]>;
  /** Of these users, those for whom nothing waits or runs. */
  unattended(userIds: readonly string[]): Promise<string[]>;
  readonly desk: QueueDesk;
}
