import SQLite from 'better-sqlite3';
import { AppError } from '#src/domain/errors.ts';

/** How long a start waits for a copy that is just closing, in milliseconds. */
const patienceMs = 10_000;

/**
 * Makes this process the only one that works on the database, until it is closed or dies: two copies would both answer everybody.
 * The lock is held by the operating system on a file beside the database, so a killed process leaves nothing behind.
 * @throws AppError `already_running` when another process has it
 */
export function lockDatabase(file: string): Disposable {
  if (file === ':memory:') return { [Symbol.dispose]() {} };
  const lock = new SQLite(`${file}.lock`, { timeout: patienceMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY') throw error;
    throw new AppError('already_running', 'another process works on this database', {
      retryable: false,
      cause: error,
    });
  }
  return { [Symbol.dispose]: () => void lock.close() };
}
