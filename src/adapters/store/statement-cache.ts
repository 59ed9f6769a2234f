import type { Database, Statement } from 'better-sqlite3';
import type { SqliteDatabase } from 'kysely';

/** Statements kept ready: the product has some hundred, batches of different sizes included. */
const keptStatements = 300;

/**
 * The database as Kysely sees it, with prepared statements kept for the next time: parsing the SQL of a large insert takes longer
 * than running it. The least recently used ones are let go.
 */
export function withStatementCache(sqlite: Database): SqliteDatabase {
  const kept = new Map<string, Statement>();
  return {
    close: () => void sqlite.close(),
    prepare(sql) {
      const known = kept.get(sql);
      const statement = known ?? sqlite.prepare(sql);
      if (known) kept.delete(sql);
      // What changes the schema runs once.
      if (/^(select|insert|update|delete|begin|commit|rollback)/i.test(sql)) kept.set(sql, statement);
      const oldest = kept.size > keptStatements ? kept.keys().next() : undefined;
      if (oldest && !oldest.done) kept.delete(oldest.value);
      return statement as ReturnType<SqliteDatabase['prepare']>;
    },
  };
}
