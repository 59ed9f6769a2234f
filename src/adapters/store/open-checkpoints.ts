import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from '#src/ports/system.ts';
import type { CheckpointAnswer } from './checkpoint-thread.ts';

/** Brings what is in the write-ahead log into the database file, beside the main thread. */
export interface Checkpoints extends AsyncDisposable {
  /** Something was committed: a checkpoint follows soon, one for everything until then. */
  commit(): void;
}

/** Commits of this long share a checkpoint, in milliseconds. */
const everyMs = 500;

/**
 * SQLite copies the log into the database whenever it has grown, inside of whatever commit comes next: some thousand pages and two
 * fsyncs, 20 to 200 ms in which the process stands still. Here a thread with a connection of its own does it, often and in small
 * pieces; the main connection keeps a limit far above, for the day the thread cannot.
 * @param file the database's path; it exists and is in WAL mode
 */
export function openCheckpoints(file: string, { log }: { log: Log }): Checkpoints {
  const worker = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
    env: {},
    workerData: { file },
  });
  worker.unref();
  let isOpen = true;
  let isWaiting = false;
  const ended = once(worker, 'exit').catch(() => {});
  worker.on('error', (error) => {
    isOpen = false;
    log.warn({ err: error }, 'checkpoints are made on the main thread from now on');
  });
  worker.on('message', ({ problem }: CheckpointAnswer) => {
    isWaiting = false;
    // Trouble that lasts meets the main connection as well, whose failures are seen.
    if (problem) log.debug({ problem }, 'a checkpoint was left for later');
  });
  return {
    commit() {
      if (!isOpen || isWaiting) return;
      isWaiting = true;
      setTimeout(() => isOpen && worker.postMessage('checkpoint'), everyMs).unref();
    },
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      worker.ref();
      worker.postMessage('close');
      await ended;
    },
  };
}
