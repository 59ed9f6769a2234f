import SQLite from 'better-sqlite3';
import { AppError } from '#src/domain/errors.ts';
import type { Log } from '#src/ports/system.ts';

/** How long a start waits for a copy that is just closing, in milliseconds. */
const patienceMs = 10_000;

/**
 * Makes this process the only one that works on the database, until it is closed or dies: two copies would both answer everybody.
 * The lock is held by the operating system on a file beside the database, so a killed process leaves nothing behind. A wait for it
 * stops the process, and is logged when it begins.
 * @throws AppError `already_running` when another process has it
 */
export function lockDatabase(file: string, { log }: { log: Log }): Disposable {
  if (file === ':memory:') return { [Symbol.dispose]() {} };
  const lock = new SQLite(`${file}.lock`, { timeout: 0 });
  try {
    if (!take(lock)) {
      const seconds = patienceMs / 1_000;
      log.warn({ seconds }, 'another process works on this database: waiting for it to end');
      lock.pragma(`busy_timeout = ${patienceMs}`);
      if (!take(lock)) {
        throw new AppError('already_running', 'another process works on this database', { retryable: false });
      }
    }
  } catch (error) {
    lock.close();
    throw error;
  }
  return { [Symbol.dispose]: () => void lock.close() };
}

/** @returns false when another process has it */
function take(lock: SQLite.Database): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') return false;
    throw error;
  }
}
