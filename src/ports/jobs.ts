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
  /** Looks at the queue now instead of at the next timer; call after a commit that enqueued something. */
  poke(): void;
  /** Resolves when nothing is due or running; for tests and shutdown. */
  whenIdle(): Promise<void>;
  health(): Promise<QueueHealth>;
}
