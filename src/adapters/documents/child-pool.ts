import { AppError, ProviderUnavailable } from '#src/domain/errors.ts';
import type { Log } from '#src/ports/system.ts';
import type { ChildJobName, ChildJobs } from './child-messages.ts';
import type { ReaderLimits } from './limits.ts';
import { forkReaderChild, type JobEnd, type JobOptions, type ReaderChild } from './reader-child.ts';

/** An ending that the file decided; trouble with the process itself is an exception. */
export type FileEnd<Name extends ChildJobName> = Exclude<JobEnd<Name>, { kind: 'not_started' }>;

/** A few child processes, one of them kept warm, each working on one file. */
export interface ChildPool extends AsyncDisposable {
  /**
   * Runs a job on a free child; waiting for one does not count as the job's time.
   * @throws ProviderUnavailable when no process can be started; AppError `stopping` after disposal; the signal's reason
   */
  run<Name extends ChildJobName>(
    name: Name,
    request: ChildJobs[Name]['request'],
    options: Omit<JobOptions<Name>, 'maxResidentBytes'>,
  ): Promise<FileEnd<Name>>;
}

/** A second child costs some 100 MB, so it leaves when no burst needs it any more. */
const idleMs = 30_000;

/**
 * Our own pool and not a library's: it must kill by resident memory measured from outside, keep what a killed job had already
 * reported, and begin a job's time only when the child begins with it.
 */
export function openChildPool(deps: { limits: ReaderLimits; log: Log }): ChildPool {
  const { limits, log } = deps;
  const children = new Set<ReaderChild>();
  const idle: ReaderChild[] = [];
  const waiting: PromiseWithResolvers<ReaderChild>[] = [];
  let idleTimer: NodeJS.Timeout | undefined;
  let stopping = false;

  const start = (warm: boolean): ReaderChild => {
    const child = forkReaderChild({ warm });
    children.add(child);
    return child;
  };

  const acquire = (signal: AbortSignal): ReaderChild | Promise<ReaderChild> => {
    signal.throwIfAborted();
    if (stopping) throw stoppingError();
    for (let child = idle.shift(); child; child = idle.shift()) {
      if (child.alive) return child;
      children.delete(child);
    }
    if (children.size < limits.children) return start(false);
    const place = Promise.withResolvers<ReaderChild>();
    const leave = (): void => {
      const index = waiting.indexOf(place);
      if (index >= 0) waiting.splice(index, 1);
      place.reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    waiting.push(place);
    return place.promise.finally(() => signal.removeEventListener('abort', leave));
  };

  /** Gives a child to the next in line, or replaces it when it is spent. */
  const release = (child: ReaderChild): void => {
    const spent =
      !child.alive ||
      child.jobsDone >= limits.recycleJobs ||
      (child.residentBytes() ?? 0) > limits.recycleBytes;
    if (spent) {
      children.delete(child);
      void child.kill();
    }
    if (stopping) return;
    const next = waiting.shift();
    if (next) next.resolve(spent ? start(false) : child);
    else if (!spent) idle.push(child);
    else if (children.size === 0) idle.push(start(true));
    clearTimeout(idleTimer);
    idleTimer = setTimeout(sendHome, idleMs).unref();
  };

  const sendHome = (): void => {
    for (const child of idle.splice(1)) {
      children.delete(child);
      void child.kill();
    }
  };

  idle.push(start(true));
  return {
    async run(name, request, options) {
      // A child can die while it waits, for instance by the kernel's hand; the file is not to blame, so it gets another.
      for (let attempt = 1; attempt <= 2; attempt++) {
        const child = await acquire(options.signal);
        const startedAt = performance.now();
        try {
          const end = await child.run(name, request, { ...options, maxResidentBytes: limits.residentBytes });
          // Our own shutdown looks like a crash of the child; the file is read again after the restart.
          if (stopping && end.kind !== 'done') throw stoppingError();
          if (end.kind !== 'not_started') {
            const ms = Math.round(performance.now() - startedAt);
            if (end.kind === 'done') log.debug({ job: name, ms }, 'file read');
            else log.warn({ job: name, ms, ...end }, 'file could not be read to its end');
            return end;
          }
        } finally {
          release(child);
        }
      }
      throw new ProviderUnavailable('The process that reads files could not be started');
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      clearTimeout(idleTimer);
      for (const place of waiting.splice(0)) place.reject(stoppingError());
      await Promise.all([...children].map((child) => child.kill()));
      children.clear();
    },
  };
}

function stoppingError(): AppError {
  return new AppError('stopping', 'The process that reads files is shutting down', { retryable: true });
}
