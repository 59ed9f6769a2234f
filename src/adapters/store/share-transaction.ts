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
 * commit and so its fsync: on SQLite, whose one connection they would queue for anyway, this is most of what a turn costs. Each has
 * a savepoint, so one that fails takes back its own writes and nobody else's, and nobody hears of success before the commit.
 */
export function createSharedTransactions(db: Kysely<Database>): ShareTransaction {
  const waiting: Waiting[] = [];
  let isRunning = false;

  async function runAll(): Promise<void> {
    while (waiting.length > 0) await runGroup(waiting.splice(0, largestGroup));
    isRunning = false;
  }

  async function runGroup(group: readonly Waiting[]): Promise<void> {
    const [first] = group;
    if (group.length === 1 && first) return runAlone(first);
    const tell: (() => void)[] = [];
    try {
      await db.transaction().execute(async (trx) => {
        for (const { work, resolve, reject } of group) {
          await sql`savepoint piece`.execute(trx);
          try {
            const value = await work(trx);
            tell.push(() => resolve(value));
          } catch (error) {
            // The others would meet it, too, and a locked file makes each of them wait.
            if (error instanceof StorageUnavailable) throw error;
            await sql`rollback to piece`.execute(trx);
            tell.push(() => reject(error));
          }
          await sql`release piece`.execute(trx);
        }
      });
    } catch (error) {
      if (error instanceof StorageUnavailable) {
        for (const { reject } of group) reject(error);
        return;
      }
      // Something about them together: everybody alone, and whatever else waits in this process in between.
      for (const item of group) {
        await runAlone(item);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return;
    }
    for (const say of tell) say();
  }

  async function runAlone({ work, resolve, reject }: Waiting): Promise<void> {
    await db.transaction().execute(work).then(resolve, reject);
  }

  return <T>(work: Work<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (isRunning) return;
      isRunning = true;
      setImmediate(runAll);
    });
}
