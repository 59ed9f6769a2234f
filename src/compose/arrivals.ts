import type { DatabaseTarget } from '#config/database-target.ts';
import { openArrivalLog } from '../adapters/store/arrival-log.ts';
import { createBusyShare } from '../adapters/system/event-loop.ts';
import { type AcceptMessages, createAcceptMessages, createLoggedAccept } from '../bot/accept-webhook.ts';
import type { BotDeps } from '../bot/deps.ts';
import { createSorter } from '../bot/sort-arrivals.ts';
import { type StoreDeps, storeArrivals } from '../bot/store-arrivals.ts';
import type { ArrivalBacklog } from '../ports/arrivals.ts';

/** How messages come in. Closing it sorts what still waits in the arrival log, or leaves it there for the next start. */
export interface Arrivals extends AsyncDisposable {
  /** For webhooks: resolves once the messages survive power loss. */
  readonly accept: AcceptMessages;
  /** For whoever wants to see a message at once: resolves when it is in the database. */
  readonly acceptAtOnce: AcceptMessages;
  /** Takes up what the last process left; to be called before the jobs begin. */
  catchUp(): Promise<void>;
  /** What waits between acknowledgement and database; undefined on Postgres, where nothing does. */
  backlog(): Promise<ArrivalBacklog | undefined>;
}

/** With an arrival log on SQLite; straight into the database on Postgres, where commits of many processes share their fsyncs. */
export async function openArrivals(
  target: DatabaseTarget,
  deps: StoreDeps &
    Pick<BotDeps, 'log' | 'pause'> & {
      readonly isStorageInPlace: () => boolean;
      readonly makeDurable: () => Promise<void>;
    },
): Promise<Arrivals> {
  const acceptAtOnce = createAcceptMessages(deps);
  if (target.engine === 'postgres') {
    return {
      accept: acceptAtOnce,
      acceptAtOnce,
      catchUp: async () => {},
      backlog: async () => undefined,
      async [Symbol.asyncDispose]() {},
    };
  }
  const arrivals = await openArrivalLog(target.file, deps);
  const sorter = createSorter({
    ...deps,
    arrivals,
    busyShare: createBusyShare(),
    store: (messages) => storeArrivals(deps, messages, 'committed'),
  });
  return {
    accept: createLoggedAccept({
      arrivals,
      isStorageInPlace: () => deps.isStorageInPlace() && arrivals.isInPlace(),
      onArrival: sorter.wake,
    }),
    acceptAtOnce,
    catchUp: sorter.catchUp,
    backlog: () => arrivals.backlog(),
    async [Symbol.asyncDispose]() {
      await sorter[Symbol.asyncDispose]();
      await arrivals[Symbol.asyncDispose]();
    },
  };
}
