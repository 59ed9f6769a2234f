import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { DatabaseTarget } from '#config/database-target.ts';
import type { Log } from '#src/ports/system.ts';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import type { Database } from './schema.ts';

/** The open database with its own closing. */
export interface OpenDatabase extends AsyncDisposable {
  readonly engine: DatabaseTarget['engine'];
  readonly db: Kysely<Database>;
  /** Connections to Postgres, for what needs one of its own; undefined on SQLite. */
  readonly pool: Pool | undefined;
  /**
   * Whether the file that was opened is still where it was. SQLite goes on writing into a file that somebody deleted or replaced,
   * and all of it is lost at the end. Always true on Postgres.
   */
  isInPlace(): boolean;
  /** Resolves when everything committed so far survives a power cut. @throws StorageUnavailable when the disk cannot */
  makeDurable(): Promise<void>;
}

/** Opens the database of the settings and brings its schema up to date, under a lock when several processes start at once. */
export function openDatabase(target: DatabaseTarget, deps: { log: Log }): Promise<OpenDatabase> {
  return target.engine === 'sqlite' ? openSqlite(target.file, deps) : openPostgres(target, deps);
}
