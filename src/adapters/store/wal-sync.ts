import { close, fdatasync, open } from 'node:fs';
import { promisify } from 'node:util';
import { toStorageError } from './storage-errors.ts';

const openFile = promisify(open);
const syncFile = promisify(fdatasync);
const closeFile = promisify(close);

/** Brings what is committed to the disk without holding up the main thread. */
export interface WalSync extends AsyncDisposable {
  /**
   * Resolves when every commit so far survives a power cut. Those who ask while the disk works share the next round.
   * @throws StorageUnavailable when the disk cannot
   */
  sync(): Promise<void>;
}

/**
 * For a database in WAL mode whose commits are made with `synchronous=NORMAL`: those are in the log file when they return, but the
 * system may not have written it yet. With FULL, SQLite would call the same fdatasync itself and the process would stand still
 * meanwhile (https://sqlite.org/pragma.html#pragma_synchronous). Only the log is opened here: closing the database file or its
 * `-shm` a second time would drop SQLite's locks.
 * @param file the database's path
 */
export function createWalSync(file: string): WalSync {
  let log: number | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function round(): Promise<void> {
    try {
      log ??= await openFile(`${file}-wal`, 'r');
      await syncFile(log);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  function begin(): Promise<void> {
    running = round().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    sync() {
      if (!running) return begin();
      // The round that runs may have begun before the last commit.
      next ??= running
        .catch(() => {})
        .then(() => {
          next = undefined;
          return begin();
        });
      return next;
    },
    async [Symbol.asyncDispose]() {
      await next?.catch(() => {});
      await running?.catch(() => {});
      if (log !== undefined) await closeFile(log);
    },
  };
}
