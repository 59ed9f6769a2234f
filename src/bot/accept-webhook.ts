import { StorageUnavailable } from '#src/domain/errors.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { ArrivalLog } from '#src/ports/arrivals.ts';
import { type StoreDeps, storeArrivals } from './store-arrivals.ts';

/**
 * Takes messages for good; resolves once they survive power loss.
 * @throws StorageUnavailable and others: nothing was taken, and whoever sent it must send it again
 */
export type AcceptMessages = (messages: readonly InboundMessage[]) => Promise<void>;

interface Place {
  /** False when what is stored now would be lost. Asked once a group. */
  readonly isStorageInPlace: () => boolean;
}

interface Waiting {
  readonly messages: readonly InboundMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Webhooks that share one commit at most: more would make the first of them wait. */
const largestGroup = 500;

/** Stores and wakes before it resolves: on Postgres, and for whoever wants to see the message at once. */
export function createAcceptMessages(deps: StoreDeps & Place): AcceptMessages {
  return inGroups(deps, (messages) => storeArrivals(deps, messages));
}

/**
 * Resolves as soon as the messages are in the arrival log; `onArrival` has them sorted into the database. One line at the end of a
 * file is a tenth of the work of rows with their indexes in the database, and that is what webhooks wait for.
 */
export function createLoggedAccept(
  deps: Place & { readonly arrivals: Pick<ArrivalLog, 'append'>; readonly onArrival: () => void },
): AcceptMessages {
  return inGroups(deps, async (messages) => {
    await deps.arrivals.append(messages);
    deps.onArrival();
  });
}

/**
 * Webhooks that arrive while a commit is under way, or together, share the next one and so one fsync: the slower the disk, the
 * larger the groups.
 */
function inGroups({ isStorageInPlace }: Place, store: AcceptMessages): AcceptMessages {
  let waiting: Waiting[] = [];
  let isBusy = false;

  async function storeInPlace(messages: readonly InboundMessage[]): Promise<void> {
    if (!isStorageInPlace()) throw new StorageUnavailable('the database file was moved or deleted');
    await store(messages);
  }

  async function flush(): Promise<void> {
    const group = waiting.slice(0, largestGroup);
    waiting = waiting.slice(largestGroup);
    try {
      await storeInPlace(group.flatMap((item) => item.messages));
      // The disk gets its next work before the answers to this group are written: they take longer than it does.
      goOn();
      for (const item of group) item.resolve();
    } catch (error) {
      if (group.length === 1 || error instanceof StorageUnavailable) {
        for (const item of group) item.reject(error);
      } else {
        // One message the database refuses must not take its neighbors with it: each gets a transaction of its own.
        for (const item of group) await storeInPlace(item.messages).then(item.resolve, item.reject);
      }
      goOn();
    }
  }

  function goOn(): void {
    isBusy = waiting.length > 0;
    if (isBusy) void flush();
  }

  return (messages) =>
    new Promise((resolve, reject) => {
      waiting.push({ messages, resolve, reject });
      if (isBusy) return;
      isBusy = true;
      setImmediate(flush);
    });
}
