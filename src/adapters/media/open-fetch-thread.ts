import { Worker } from 'node:worker_threads';
import { MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import { AddressRefused } from './address-guard.ts';
import type { FromFetchThread, Hop, HopEnd, HopFailure, ToFetchThread } from './fetch-messages.ts';
import type { FetchThreadData } from './fetch-thread.ts';

/** The thread that downloads. */
export interface FetchThread {
  /** Starts it unless it runs; starting is no part of the time that a download may take. @throws an error when it cannot start */
  ready(): Promise<void>;
  /**
   * Runs one hop; resolves or rejects when the thread is done with it, files included.
   * @throws MediaUnusable `too_large`, AddressRefused, ProviderUnavailable, the signal's reason, or an error with its `code`
   */
  run(hop: Hop, signal: AbortSignal): Promise<HopEnd>;
}

/** A thread without work is let go after this long; its memory is worth more than the 50 ms of starting another. */
const idleMs = 60_000;

/**
 * Downloads in a thread of their own. A file of 16 MB comes in hundreds of buffers: beside the work they are, V8 answers so much
 * memory outside its heap with collections of the whole heap, 60 MB in the main thread, where one takes 50 ms, and 10 MB in this
 * one. The thread is started when it is first needed, and does not keep the process alive while it has nothing to do.
 */
export function createFetchThread(data: FetchThreadData): FetchThread {
  const waiting = new Map<number, PromiseWithResolvers<HopEnd>>();
  let thread: { readonly worker: Worker; readonly ready: Promise<void> } | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let lastId = 0;

  function startThread(): NonNullable<typeof thread> {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(new URL('./fetch-thread.ts', import.meta.url), { workerData: data, env: {} });
    worker.unref();
    const started = { worker, ready };
    worker.on('message', (message: FromFetchThread) => {
      if (message.kind === 'ready') resolve();
      else settle(message.id, message.end);
    });
    // Whoever waits is told, and the next hop gets a fresh thread.
    const fail = () => {
      reject(ended());
      if (thread !== started) return;
      thread = undefined;
      for (const hop of waiting.values()) hop.reject(ended());
      waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', fail);
    ready.catch(() => {});
    return started;
  }

  function settle(id: number, end: Extract<FromFetchThread, { kind: 'end' }>['end']): void {
    if (end.kind === 'failed') waiting.get(id)?.reject(toError(end.failure));
    else waiting.get(id)?.resolve(end);
    waiting.delete(id);
    if (waiting.size > 0) return;
    thread?.worker.unref();
    idleTimer = setTimeout(letGo, idleMs).unref();
  }

  function letGo(): void {
    void thread?.worker.terminate();
    thread = undefined;
  }

  function wake(): NonNullable<typeof thread> {
    clearTimeout(idleTimer);
    thread ??= startThread();
    return thread;
  }

  return {
    ready: () => wake().ready,
    async run(hop, signal) {
      signal.throwIfAborted();
      const { worker } = wake();
      worker.ref();
      lastId += 1;
      const id = lastId;
      const hopEnded = Promise.withResolvers<HopEnd>();
      waiting.set(id, hopEnded);
      const tell = (message: ToFetchThread) => worker.postMessage(message);
      const abort = () => tell({ kind: 'abort', id });
      signal.addEventListener('abort', abort, { once: true });
      tell({ kind: 'fetch', id, hop });
      try {
        return await hopEnded.promise;
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}

function ended(): Error {
  return new Error('the thread that downloads ended');
}

function toError(failure: HopFailure): Error {
  switch (failure.kind) {
    case 'unusable':
      return new MediaUnusable(failure.problem, failure.message);
    case 'unavailable':
      return new ProviderUnavailable(failure.message, { vendorCode: failure.vendorCode });
    case 'address':
      return new AddressRefused('The host is not public');
    case 'other': {
      const error = new Error(failure.message);
      return failure.code === undefined ? error : Object.assign(error, { code: failure.code });
    }
  }
}
