import type { ChannelState } from '#src/bot/channel-health.ts';
import type { ArrivalBacklog } from '#src/ports/arrivals.ts';
import type { QueueHealth } from '#src/ports/jobs.ts';
import type { Instruments } from './instruments.ts';

/** Where the numbers come from that are read at each scrape. */
export interface ScrapeSources {
  readonly queue: () => Promise<QueueHealth>;
  readonly isReady: () => Promise<boolean>;
  /** The arrival log; undefined where there is none. */
  readonly backlog: () => Promise<Omit<ArrivalBacklog, 'newest'> | undefined>;
  /** How channels stand, as far as this process knows. */
  readonly channels: () => readonly ChannelState[];
  /** The pool of connections, where there is one. */
  readonly pool?:
    | { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number }
    | undefined;
}

/** A scrape must not hang because the database does, in milliseconds. */
const patienceMs = 3_000;

const empty = { count: 0, oldestAgeMs: 0, setAside: 0 };
const unknown = { count: Number.NaN, oldestAgeMs: Number.NaN, setAside: Number.NaN };

/** Returns what brings the gauges up to date. It never throws: a scrape is most needed when something is broken. */
export function createScrape(instruments: Instruments, sources: ScrapeSources): () => Promise<void> {
  const { jobs, oldestDue, databaseUp, ready, connections } = instruments;

  async function readQueue(): Promise<void> {
    const queue = await within(sources.queue());
    databaseUp.set(queue ? 1 : 0);
    // Old numbers would hide the trouble.
    jobs.reset();
    oldestDue.set(queue ? queue.oldestDueMs / 1000 : Number.NaN);
    if (!queue) return;
    for (const state of ['waiting', 'running', 'failed'] as const) jobs.set({ state }, queue[state]);
  }

  async function readBacklog(): Promise<void> {
    // Where there is no log nothing waits; of one that cannot be read nobody knows, and 0 would hide the trouble.
    const backlog = (await within(sources.backlog().then((found) => found ?? empty))) ?? unknown;
    instruments.arrivals.set(backlog.count);
    instruments.oldestArrival.set(backlog.oldestAgeMs / 1000);
    instruments.arrivalsSetAside.set(backlog.setAside);
  }

  return async () => {
    const [isReady] = await Promise.all([within(sources.isReady()), readQueue(), readBacklog()]);
    ready.set(isReady ? 1 : 0);
    for (const { name, state } of sources.channels())
      instruments.channelStopped.set({ channel: name }, state === 'stopped' ? 1 : 0);
    const { pool } = sources;
    if (!pool) return;
    connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
    connections.set({ state: 'idle' }, pool.idleCount);
    connections.set({ state: 'awaited' }, pool.waitingCount);
  };
}

/** The answer, or undefined when it fails or takes too long. */
async function within<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } catch {
    // Whoever owns the database has logged it; here it shows as a number.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
