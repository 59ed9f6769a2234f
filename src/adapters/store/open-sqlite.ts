import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Log } from '#src/ports/system.ts';
import { lockDatabase } from './lock-database.ts';
import { makeFolder } from './make-folder.ts';
import { migrateToLatest } from './migrate.ts';
import { openCheckpoints } from './open-checkpoints.ts';
import type { OpenDatabase } from './open-database.ts';
import { shareTransactions } from './run-transaction.ts';
import type { Database } from './schema.ts';
import { withStatementCache } from './statement-cache.ts';
import { withStorageErrors } from './storage-errors.ts';
import { createWalSync } from './wal-sync.ts';

/**
 * Opens the SQLite file (or `:memory:`), creating folder and file, and brings the schema up to date.
 * @param file path as in DATABASE_URL; relative paths are relative to the working directory
 */
export async function openSqlite(file: string, { log }: { log: Log }): Promise<OpenDatabase> {
  if (file !== ':memory:') makeFolder(dirname(resolve(file)));
  const lock = lockDatabase(file, { log });
  const sqlite = new SQLite(file);
  // WAL: readers never wait for the writer. FULL: a commit survives power loss, not only a crash (docs/decisions/0002). Transactions
  // that are shared wait for the disk outside of the main thread instead (wal-sync.ts).
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  // Waiting for an outsider's lock stops the whole process; whoever cannot get in tries again later on its own.
  sqlite.pragma('busy_timeout = 100');
  // Eight times SQLite's own: a thread brings the log into the database long before (open-checkpoints.ts).
  sqlite.pragma('wal_autocheckpoint = 8000');
  sqlite.pragma('foreign_keys = ON');
  // Deleted text must not linger in free pages: people may ask to be forgotten.
  sqlite.pragma('secure_delete = ON');
  // SQLite's own knows ASCII alone; people look for names in any script.
  sqlite.function('lower', { deterministic: true }, (text) =>
    typeof text === 'string' ? text.toLowerCase() : text,
  );
  // Set when it is needed: between groups that follow each other it stays as it is.
  let [leaves, isLeft] = [false, false];
  const applyMode = () => {
    if (leaves === isLeft) return;
    sqlite.pragma(`synchronous = ${leaves ? 'NORMAL' : 'FULL'}`);
    isLeft = leaves;
  };
  const leaveLog = (leave: boolean) => {
    leaves = leave;
  };
  const db = new Kysely<Database>({
    dialect: withStorageErrors(new SqliteDialect({ database: withStatementCache(sqlite, applyMode) })),
  });
  await migrateToLatest(db);
  const disk = new AsyncDisposableStack();
  let makeDurable = async () => {};
  if (file !== ':memory:') {
    const walSync = disk.use(createWalSync(file));
    const checkpoints = disk.use(openCheckpoints(file, { log }));
    makeDurable = () => {
      checkpoints.commit();
      return walSync.sync();
    };
  }
  shareTransactions(db, { leaveLog, sync: makeDurable });
  const inodeOf = () => (file === ':memory:' ? 0 : statSync(file, { throwIfNoEntry: false })?.ino);
  const opened = inodeOf();
  return {
    engine: 'sqlite',
    db,
    pool: undefined,
    isInPlace: () => inodeOf() === opened,
    makeDurable,
    async [Symbol.asyncDispose]() {
      await disk.disposeAsync();
      await db.destroy();
      lock[Symbol.dispose]();
    },
  };
}
