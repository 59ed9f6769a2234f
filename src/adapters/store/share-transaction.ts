import type { Kysely, Transaction } from 'kysely';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Durability } from '#src/ports/stores.ts';
import type { Database } from './schema.ts';

type Work<T> = (trx: Transaction<Database>) => Promise<T>;

/** Runs a piece of work in a transaction that it may share; resolves after the commit, or once that is on disk. */
export type ShareTransaction = <T>(work: Work<T>, until: Durability) => Promise<T>;

/** When commits reach the disk. */
export interface Disk {
  /** Resolves when every commit so far survives a power cut. @throws StorageUnavailable when the disk cannot */
  sync(): Promise<void>;
  /** Whether commits from now on leave it to `sync`; otherwise they wait for the disk themselves. */
  leaveLog(leave: boolean): void;
}

interface Waiting {
  readonly work: Work<unknown>;
  readonly until: Durability;
  /** After the commit. */
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Pieces of work a shared transaction holds at most: who comes last waits for all of them. */
const largestGroup = 32;

/**
 * Runs pieces of work that are asked for at about the same time one after the other in one transaction, so that they share its
 * commit: on SQLite, whose one connection they would queue for anyway, this is most of what a turn costs. When one fails, the
 * transaction is taken back and everybody is run alone; nobody hears of success before the commit, and nobody who asked for more
 * before it is on disk. The next group runs while the disk still works for the last one.
 */
export function createSharedTransactions(db: Kysely<Database>, disk: Disk): ShareTransaction {
  const waiting: Waiting[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    while (waiting.length > 0) await runGroup(waiting.splice(0, largestGroup));
    isRunning = false;
  }

  async function runGroup(group: readonly Waiting[]): Promise<void> {
    const [first] = group;
    if (group.length === 1 && first) return runAlone(first);
    const values: unknown[] = [];
    try {
      await commit(async (trx) => {
        for (const { work } of group) values.push(await work(trx));
      });
    } catch (error) {
      if (error instanceof StorageUnavailable) {
        for (const { reject } of group) reject(error);
        return;
      }
      // One of them, or something about them together: everybody alone, and whatever else waits in this process in between.
      for (const item of group) {
        await runAlone(item);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return;
    }
    let synced: Promise<void> | undefined;
    for (const [index, { until, resolve, reject }] of group.entries()) {
      if (until === 'committed') {
        resolve(values[index]);
        continue;
      }
      synced ??= disk.sync();
      synced.then(() => resolve(values[index]), reject);
    }
  }

  async function runAlone({ work, until, resolve, reject }: Waiting): Promise<void> {
    try {
      const value = await commit(work);
      if (until === 'committed') resolve(value);
      else disk.sync().then(() => resolve(value), reject);
    } catch (error) {
      reject(error);
    }
  }

  /** Without waiting for the disk, which `sync` does afterwards; whatever writes on its own keeps waiting for it. */
  function commit<T>(work: Work<T>): Promise<T> {
    return db.connection().execute(async (connection) => {
      disk.leaveLog(true);
      try {
        return await connection.transaction().execute(work);
      } finally {
        disk.leaveLog(false);
      }
    });
  }

  return <T>(work: Work<T>, until: Durability) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, until, resolve: resolve as (value: unknown) => void, reject });
      if (isRunning) return;
      isRunning = true;
      setImmediate(runAll);
    });
}
