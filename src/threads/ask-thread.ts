import { Worker } from 'node:worker_threads';
import type { FromThread, ToThread } from './messages.ts';

/** A thread that works orders off, many at a time. */
export interface AskThread<Order, End> extends AsyncDisposable {
  /** Starts it unless it runs; starting takes some 50 ms. @throws an error when it cannot start */
  ready(): Promise<void>;
  /**
   * Has one order done. The signal calls it off, but the end is still the thread's: nothing of an order goes on after this settles.
   * @throws the signal's reason when it was aborted before, or an error when the thread ended
   */
  ask(order: Order, signal?: AbortSignal): Promise<End>;
}

/**
 * Starts a thread of `module` when it is first needed, and another when one has ended. It does not keep the process alive while it
 * has nothing to do.
 * @param options.idleMs a thread without work for this long is let go; without it, never
 */
export function createAskThread<Order, End>(
  module: URL,
  options: { readonly name: string; readonly data?: unknown; readonly idleMs?: number },
): AskThread<Order, End> {
  const waiting = new Map<number, PromiseWithResolvers<End>>();
  let thread: { readonly worker: Worker; readonly ready: Promise<void> } | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let unsent: { id: number; order?: Order }[] = [];
  let lastId = 0;

  function startThread(): NonNullable<typeof thread> {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(module, { workerData: options.data, env: {}, name: options.name });
    worker.unref();
    const started = { worker, ready };
    worker.on('message', (message: FromThread<End>) => {
      if (message === 'ready') resolve();
      else for (const { id, end } of message) settle(id, end);
    });
    // Whoever waits is told, and the next order gets a fresh thread.
    const fail = (error: unknown) => {
      const ended = new Error(`the thread "${options.name}" ended`, { cause: error });
      reject(ended);
      if (thread !== started) return;
      thread = undefined;
      unsent = [];
      for (const order of waiting.values()) order.reject(ended);
      waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', fail);
    ready.catch(() => {});
    return started;
  }

  function settle(id: number, end: End): void {
    waiting.get(id)?.resolve(end);
    waiting.delete(id);
    if (waiting.size > 0) return;
    thread?.worker.unref();
    if (options.idleMs !== undefined) idleTimer = setTimeout(letGo, options.idleMs).unref();
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

  /** A message costs both threads some 20 µs however much is in it: what is said in one turn of the event loop goes together. */
  function tell(message: { id: number; order?: Order }): void {
    if (unsent.push(message) > 1) return;
    setImmediate(() => {
      if (unsent.length > 0) thread?.worker.postMessage(unsent satisfies ToThread<Order>);
      unsent = [];
    });
  }

  return {
    ready: () => wake().ready,
    async ask(order, signal) {
      signal?.throwIfAborted();
      const { worker } = wake();
      if (waiting.size === 0) worker.ref();
      lastId += 1;
      const id = lastId;
      const ended = Promise.withResolvers<End>();
      waiting.set(id, ended);
      const callOff = () => tell({ id });
      signal?.addEventListener('abort', callOff, { once: true });
      tell({ id, order });
      try {
        return await ended.promise;
      } finally {
        signal?.removeEventListener('abort', callOff);
      }
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(idleTimer);
      await thread?.worker.terminate();
    },
  };
}
