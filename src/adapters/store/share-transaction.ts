import { type Kysely, sql, type Transaction } from 'kysely';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Database } from './schema.ts';

type Work<T> = (trx: Transaction<Database>) => Promise<T>;

/** Runs a piece of work in a transaction that it may share; resolves after the commit. */
export type ShareTransaction = <T>(work: Work<T>) => Promise<T>;

interface Waiting {
  readonly work: Work<unknown>;
  /** After the commit. */
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Pieces of work a shared transaction holds at most: who comes last waits for all of them. */
const largestGroup = 32;

/**
 * Runs pieces of work that are asked for at about the same time one after the other in one transaction, so that they share its
 * commit: on SQLite, whose one connection they would queue for anyway, this is most of what a turn costs. When one fails, the
 * transaction is taken back and everybody is run alone; nobody hears of success before the commit is on disk. The next group runs
 * while the disk still works for the last one.
 * @param sync resolves when every commit so far survives a power cut
 */
export function createSharedTransactions(db: Kysely<Database>, sync: () => Promise<void>): ShareTransaction {
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
    const synced = sync();
    for (const [index, { resolve, reject }] of group.entries()) {
      synced.then(() => resolve(values[index]), reject);
    }
  }

  async function runAlone({ work, resolve, reject }: Waiting): Promise<void> {
    try {
      const value = await commit(work);
      sync().then(() => resolve(value), reject);
    } catch (error) {
      reject(error);
    }
  }

  /** Without waiting for the disk, which `sync` does afterwards; whatever writes on its own keeps waiting for it. */
  function commit<T>(work: Work<T>): Promise<T> {
    return db.connection().execute(async (connection) => {
      await sql`pragma synchronous = normal`.execute(connection);
      try {
        return await connection.transaction().execute(work);
      } finally {
        await sql`pragma synchronous = full`.execute(connection);
      }
    });
  }

  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (isRunning) return;
      isRunning = true;
      setImmediate(runAll);
    });
}
