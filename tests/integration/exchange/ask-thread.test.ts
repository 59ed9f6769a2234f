import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { createAskThread } from '#src/threads/ask-thread.ts';

/* Real threads, of a module that does as it is told. */

const folder = mkdtempSync(join(tmpdir(), 'thread-'));
afterAll(() => rmSync(folder, { recursive: true }));
const serveOrders = new URL('../../../src/threads/serve-orders.ts', import.meta.url).href;
const file = join(folder, 'obedient.mjs');
writeFileSync(
  file,
  `import { threadId } from 'node:worker_threads';
  const { serveOrders } = await import(${JSON.stringify(serveOrders)});
  serveOrders(async (order, signal) => {
    if (order === 'end') process.exit(3);
    if (order === 'throw') setImmediate(() => { throw new Error('a bug'); });
    if (order === 'wait') await new Promise((resolve) => signal.addEventListener('abort', resolve));
    if (order === 'throw') await new Promise(() => {});
    return { order, threadId };
  });`,
);
const start = (options: { idleMs?: number } = {}) =>
  createAskThread<string, { order: string; threadId: number }>(pathToFileURL(file), {
    name: 'obedient',
    ...options,
  });

it('gives every order its own end, in one thread', async () => {
  await using thread = start();
  const orders = Array.from({ length: 50 }, (_, index) => `order ${index}`);
  const ends = await Promise.all(orders.map((order) => thread.ask(order)));
  expect(ends.map((end) => end.order)).toEqual(orders);
  expect(new Set(ends.map((end) => end.threadId)).size).toBe(1);
});

it('waits for the end of what is called off, and begins nothing that was called off before', async () => {
  await using thread = start();
  const stop = new AbortController();
  const waiting = thread.ask('wait', stop.signal);
  await thread.ask('something else');
  stop.abort(new Error('enough'));
  expect((await waiting).order).toBe('wait');
  await expect(thread.ask('anything', stop.signal)).rejects.toThrow('enough');
});

it.each(['end', 'throw'])(
  'tells everybody who waits when the thread ends (%s), and starts another',
  async (order) => {
    await using thread = start();
    const first = await thread.ask('hello');
    const waiting = thread.ask('wait');
    const ending = thread.ask(order);
    await expect(waiting).rejects.toThrow('the thread "obedient" ended');
    await expect(ending).rejects.toThrow('the thread "obedient" ended');
    const next = await thread.ask('hello again');
    expect(next.threadId).not.toBe(first.threadId);
  },
);

it('lets a thread go that nobody asks anything', async () => {
  await using thread = start({ idleMs: 20 });
  const first = await thread.ask('hello');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await thread.ask('hello again')).threadId).not.toBe(first.threadId);
});

it('says so when it cannot start', async () => {
  const missing = createAskThread(pathToFileURL(join(folder, 'missing.mjs')), { name: 'missing' });
  await expect(missing.ready()).rejects.toThrow('the thread "missing" ended');
});

it('tells whoever waits when it is closed', async () => {
  const thread = start();
  const waiting = expect(thread.ask('wait')).rejects.toThrow('ended');
  await thread.ready();
  await thread[Symbol.asyncDispose]();
  await waiting;
});
