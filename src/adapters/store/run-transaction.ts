import { setTimeout as pause } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Durability } from '#src/ports/stores.ts';
import type { Database } from './schema.ts';
import { createSharedTransactions, type Disk, type ShareTransaction } from './share-transaction.ts';
import { raceOf } from './storage-errors.ts';

/** How often work is run before two processes that keep getting in each other's way are called trouble. */
const maxRuns = 6;
/** The longest pause before the second run, in milliseconds; it grows with each further one. */
const pauseMs = 20;

/** A database file has one connection, whoever asks. */
const shared = new WeakMap<Kysely<Database>, ShareTransaction>();

/**
 * From now on transactions of this database share their commits: it is a SQLite file.
 */
export function shareTransactions(db: Kysely<Database>, disk: Disk): void {
  shared.set(db, createSharedTransactions(db, disk));
}

/**
 * Runs work in one transaction; on SQLite it may share its commit with other work. It may be run again from the start, on Postgres
 * when another process got in the way, on SQLite when the shared commit fails: the work must touch nothing but the database.
 * @param until on Postgres every commit is durable
 */
export function runTransaction<T>(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>) => Promise<T>,
  until: Durability = 'durable',
): Promise<T> {
  const share = shared.get(db);
  return share ? share(work, until) : againstRaces(() => db.transaction().execute(work));
}

/** The same for work that is a single statement, which on Postgres is a transaction of its own. */
export function runStatement<T>(
  db: Kysely<Database>,
  work: (db: Kysely<Database>) => Promise<T>,
  until: Durability = 'durable',
): Promise<T> {
  const share = shared.get(db);
  return share ? share(work, until) : againstRaces(() => work(db));
}

async function againstRaces<T>(work: () => Promise<T>): Promise<T> {
  for (let run = 1; ; run++) {
    try {
      return await work();
    } catch (error) {
      const race = raceOf(error);
      // What is still there twice at the end is no race but a fault.
      if (!race || (race === 'duplicate' && run === maxRuns)) throw error;
      if (run === maxRuns)
        throw new StorageUnavailable('another process got in the way each time', { cause: error });
      await pause(Math.random() * pauseMs * run);
    }
  }
}
