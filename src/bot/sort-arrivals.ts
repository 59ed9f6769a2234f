import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Arrival, ArrivalBatch, ArrivalLog } from '#src/ports/arrivals.ts';
import type { BotDeps } from './deps.ts';

/** Moves messages from the arrival log into the database. */
export interface Sorter extends AsyncDisposable {
  /** Something arrived. */
  wake(): void;
  /** Sorts what is in the log at this moment before it resolves, as fast as it can. To be called once, at the start. */
  catchUp(): Promise<void>;
}

interface SorterDeps extends Pick<BotDeps, 'clock' | 'log' | 'pause'> {
  readonly arrivals: ArrivalLog;
  /** Stores messages and wakes their people; a message seen before changes nothing. A power cut may undo it until `makeDurable`. */
  readonly store: (arrivals: readonly Arrival[]) => Promise<void>;
  /** Resolves when what was stored so far survives a power cut. */
  readonly makeDurable: () => Promise<void>;
  /** How much of the time since the last call this process was busy, 0 to 1. */
  readonly busyShare: () => number;
}

/** Messages a transaction: some 10 ms in which no webhook is read, … */
const smallBatch = 150;
/** … and 25 ms while there is little else to do; a large one costs two thirds a message. */
const largeBatch = 500;
/** A batch of less than this shows that nothing piles up: the next one follows at once, whatever else keeps the process busy. */
const fewMessages = 100;
/** Webhooks that came during a batch are served first; only then does it show how busy they keep the process. Milliseconds. */
const breathMs = 5;
const lookMs = 15;
/** As long as they keep the process busy, sorting takes one part in this many of the time, … */
const shareUnderLoad = 16;
/** … and every other part once the oldest message has waited so long: somebody waits for its answer. Milliseconds. */
const patienceMs = 5_000;
/** Busier than this, and it is taken that webhooks are waiting. */
const busy = 0.5;
/** After trouble with the storage it tries again, less and less often. Milliseconds. */
const firstRetryMs = 100;
const lastRetryMs = 5_000;
/** The process that ends leaves what it cannot sort within this time to the next one. Milliseconds. */
const lastMomentsMs = 3_000;

/**
 * Sorts at once while there is little to do, and only now and then while webhooks keep the process busy: a sender waits for the
 * acknowledgement, and for the answer it takes a model anyway. A crash between storing and forgetting is harmless, because a
 * message that is stored already changes nothing.
 */
export function createSorter(deps: SorterDeps): Sorter {
  const { arrivals, clock, log, pause, busyShare } = deps;
  const ended = new AbortController();
  let running: Promise<void> | undefined;
  let isStarted = false;
  let hasMore = false;
  /** Up to this place without pauses. */
  let hurryUpTo = 0;
  const caughtUp = Promise.withResolvers<void>();
  let isUnderLoad = false;
  let retryMs = firstRetryMs;

  function wake(): void {
    hasMore = true;
    if (!isStarted || ended.signal.aborted) return;
    running ??= sortAll().finally(() => {
      running = undefined;
      // It arrived after the last look.
      if (hasMore) wake();
    });
  }

  async function sortAll(): Promise<void> {
    while (!ended.signal.aborted) {
      hasMore = false;
      const startedAt = clock.now().getTime();
      try {
        const batch = await arrivals.oldest(isUnderLoad ? smallBatch : largeBatch);
        if (batch) await sort(batch);
        retryMs = firstRetryMs;
        if (!batch || batch.upTo >= hurryUpTo) {
          caughtUp.resolve();
          // Places are counted anew once the log is empty.
          hurryUpTo = 0;
        }
        if (!batch) return;
        if (batch.upTo > hurryUpTo) await letWebhooksPass(batch, startedAt);
      } catch (error) {
        await complain(error);
      }
    }
  }

  async function sort(batch: ArrivalBatch): Promise<void> {
    try {
      await deps.store(batch.arrivals);
    } catch (error) {
      if (error instanceof StorageUnavailable) throw error;
      await sortEachAlone(batch.arrivals);
    }
    await deps.makeDurable();
    await arrivals.forget(batch.upTo);
  }

  /** One message that the database refuses must hold up nobody. @throws when it refuses every one of several */
  async function sortEachAlone(batch: readonly Arrival[]): Promise<void> {
    const refused = new Map<Arrival, unknown>();
    for (const arrival of batch) {
      try {
        await deps.store([arrival]);
      } catch (error) {
        if (error instanceof StorageUnavailable) throw error;
        refused.set(arrival, error);
      }
    }
    // That is no fault of the messages: they stay in the log, and the next ones show what the matter is.
    const [first] = refused.values();
    if (refused.size > 1 && refused.size === batch.length) throw first;
    for (const [arrival, error] of refused) {
      await arrivals.setAside(arrival, error instanceof Error ? error.message : String(error));
      log.error({ err: error, messageId: arrival.id }, 'a message cannot be stored and was set aside');
    }
  }

  async function letWebhooksPass(batch: ArrivalBatch, startedAt: number): Promise<void> {
    // Sorting keeps up with what comes.
    if (!hasMore || batch.arrivals.length < fewMessages) {
      isUnderLoad = false;
      return;
    }
    const now = clock.now().getTime();
    const oldest = batch.arrivals[0]?.receivedAt.getTime() ?? now;
    const restMs = (now - startedAt) * (now - oldest > patienceMs ? 1 : shareUnderLoad - 1);
    await rest(breathMs);
    for (let restedMs = breathMs; restedMs < restMs; restedMs += lookMs) {
      busyShare();
      await rest(lookMs);
      isUnderLoad = busyShare() >= busy;
      if (ended.signal.aborted || !isUnderLoad) return;
    }
  }

  async function complain(error: unknown): Promise<void> {
    if (ended.signal.aborted) return;
    const level = error instanceof StorageUnavailable ? 'warn' : 'error';
    log[level]({ err: error, retryMs }, 'arrivals cannot be sorted at the moment; they are safe');
    // Whatever is wrong with these must not keep the process from answering what is in the database.
    if (level === 'error') caughtUp.resolve();
    await rest(retryMs);
    retryMs = Math.min(retryMs * 2, lastRetryMs);
  }

  async function rest(ms: number): Promise<void> {
    try {
      await pause(ms, ended.signal);
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    }
  }

  async function sortLast(): Promise<void> {
    const until = clock.now().getTime() + lastMomentsMs;
    try {
      while (clock.now().getTime() < until) {
        const batch = await arrivals.oldest(largeBatch);
        if (!batch) return;
        await sort(batch);
      }
      log.warn({}, 'arrivals are left for the next start');
    } catch (error) {
      log.warn({ err: error }, 'arrivals are left for the next start');
    }
  }

  return {
    wake,
    async catchUp() {
      hurryUpTo = (await arrivals.backlog()).newest;
      isStarted = true;
      wake();
      await caughtUp.promise;
    },
    async [Symbol.asyncDispose]() {
      isStarted = false;
      ended.abort();
      await running;
      caughtUp.resolve();
      await sortLast();
    },
  };
}
