import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { ArrivalBacklog, ArrivalLog } from '#src/ports/arrivals.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import type { ArrivalFile } from './arrival-file.ts';
import type { ArrivalAnswer, ArrivalOrder } from './arrival-thread.ts';
import { toStorageError } from './storage-errors.ts';

interface Asked {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Whoever waits for an answer, in the order of asking. */
  readonly asked: Asked[];
}

/** Where the arrivals of a database wait: `data/bot.db` has `data/bot.arrivals.db` beside it. */
export function arrivalFileOf(database: string): string {
  return database === ':memory:' ? database : database.replace(/(\.[^./\\]*)?$/, '.arrivals$1');
}

/**
 * Opens the arrival log beside a SQLite database. Its file is written in a thread: waiting for the disk, which takes from 0.2 to
 * some milliseconds a commit, holds up nobody who is being served meanwhile.
 * @param database the database's own file, or `:memory:`
 */
export async function openArrivalLog(
  database: string,
  { clock, log }: { clock: Clock; log: Log },
): Promise<ArrivalLog> {
  const file = arrivalFileOf(database);
  let thread: Promise<Thread> | undefined;
  let isClosed = false;

  function open(): Promise<Thread> {
    // Whoever comes after a thread that ended gets a fresh one, which the last word of the old one must not undo.
    const forget = () => {
      if (thread === opened) thread = undefined;
    };
    const opened = startThread(file, (cause) => {
      forget();
      if (cause) log.error({ err: cause }, 'the arrival log ended and will be opened again');
    });
    opened.catch(forget);
    return opened;
  }

  async function ask<Name extends keyof ArrivalFile>(
    name: Name,
    ...args: Parameters<ArrivalFile[Name]>
  ): Promise<ReturnType<ArrivalFile[Name]>> {
    if (isClosed) throw new StorageUnavailable('the arrival log is closed');
    thread ??= open();
    const { worker, asked } = await thread;
    return new Promise((resolve, reject) => {
      asked.push({ resolve: resolve as Asked['resolve'], reject });
      worker.postMessage({ name, args } as ArrivalOrder);
    });
  }

  await ask('backlog', 0);
  try {
    // Only now, while nobody holds a batch: what comes back stands before it, and would be forgotten with it.
    const tried = await ask('takeBack');
    if (tried > 0) log.info({ messages: tried, file }, 'messages that were set aside are tried again');
  } catch (error) {
    log.warn({ err: error, file }, 'messages that were set aside cannot be tried again at the moment');
  }
  const inodeOf = () => (file === ':memory:' ? 0 : statSync(file, { throwIfNoEntry: false })?.ino);
  const inode = inodeOf();

  return {
    append: (messages) => ask('append', JSON.stringify(messages), messages.length, clock.now().getTime()),
    async oldest(limit) {
      const { batch, unreadable } = await ask('oldest', limit);
      if (unreadable > 0)
        log.error({ unreadable, file }, 'arrivals could not be read; they are kept in the table set_aside');
      return batch;
    },
    forget: (upTo) => ask('forget', upTo),
    setAside: (arrival, reason) => ask('setAside', arrival, reason),
    backlog: (): Promise<ArrivalBacklog> => ask('backlog', clock.now().getTime()),
    isInPlace: () => inodeOf() === inode,
    async [Symbol.asyncDispose]() {
      isClosed = true;
      const worker = (await thread?.catch(() => undefined))?.worker;
      if (!worker) return;
      const ended = once(worker, 'exit');
      worker.ref();
      worker.postMessage('close');
      await ended;
    },
  };
}

/**
 * Resolves once the file is open.
 * @param onEnd called once, however many signs of its end a thread gives
 */
async function startThread(file: string, onEnd: (cause?: unknown) => void): Promise<Thread> {
  const worker = new Worker(new URL('./arrival-thread.ts', import.meta.url), {
    env: {},
    workerData: { file },
  });
  worker.unref();
  const asked: Asked[] = [];
  worker.on('message', (answer: ArrivalAnswer) => {
    const next = asked.shift();
    if ('problem' in answer) next?.reject(toStorageError(Object.assign(new Error(), answer.problem)));
    else next?.resolve(answer.result);
  });
  let isOver = false;
  const end = (cause?: unknown) => {
    if (isOver) return;
    isOver = true;
    onEnd(cause);
    for (const { reject } of asked.splice(0))
      reject(new StorageUnavailable('the arrival log ended', { cause }));
  };
  worker.once('error', end);
  worker.once('exit', () => end());
  try {
    await new Promise((resolve, reject) => asked.push({ resolve, reject }));
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return { worker, asked };
}
