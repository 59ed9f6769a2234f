import { parentPort } from 'node:worker_threads';
import type { FromThread, ToThread } from './messages.ts';

/**
 * The thread's side of `createAskThread`.
 * @param work never rejects: an error would lose its class and its code on the way out, so it has to be told as an end
 */
export function serveOrders<Order, End>(work: (order: Order, signal: AbortSignal) => Promise<End>): void {
  const running = new Map<number, AbortController>();
  let untold: { id: number; end: End }[] = [];

  async function serve(id: number, order: Order): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    const end = await work(order, controller.signal);
    running.delete(id);
    if (untold.push({ id, end }) > 1) return;
    setImmediate(() => {
      tell(untold);
      untold = [];
    });
  }

  function tell(message: FromThread<End>): void {
    parentPort?.postMessage(message);
  }

  parentPort?.on('message', (messages: ToThread<Order>) => {
    for (const { id, order } of messages) {
      if (order === undefined) running.get(id)?.abort();
      else void serve(id, order);
    }
  });
  tell('ready');
}
