import type { Database, Statement } from 'better-sqlite3';
import type { SqliteDatabase } from 'kysely';

/** A statement that does nothing. */
const nothing: ReturnType<SqliteDatabase['prepare']> = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

/** Statements kept ready: the product has some hundred, batches of different sizes included. */
const keptStatements = 300;

/**
 * The database as Kysely sees it, with prepared statements kept for the next time: parsing the SQL of a large insert takes longer
 * than running it. The least recently used ones are let go.
 * @param beforeEach called before each statement is run
 */
export function withStatementCache(sqlite: Database, beforeEach: () => void): SqliteDatabase {
  const kept = new Map<string, Statement>();
  return {
    close: () => void sqlite.close(),
    prepare(sql) {
      beforeEach();
      // After some failures, a full disk among them, SQLite has rolled back already. A second time would be an error of its own,
      // and hide the first.
      if (sql === 'rollback' && !sqlite.inTransaction) return nothing;
      const known = kept.get(sql);
      const statement = known ?? sqlite.prepare(withSettledPlan(sql));
      if (known) kept.delete(sql);
      // What changes the schema runs once.
      if (/^(select|insert|update|delete|with|begin|commit|rollback|pragma)/i.test(sql))
        kept.set(sql, statement);
      const oldest = kept.size > keptStatements ? kept.keys().next() : undefined;
      if (oldest && !oldest.done) kept.delete(oldest.value);
      return statement as ReturnType<SqliteDatabase['prepare']>;
    },
  };
}

/**
 * A parameter that an ORDER BY goes with makes SQLite plan the statement anew each time a value is bound, in case the value suits a
 * partial index; that takes up to twenty times as long as running it. As a subquery's result it is no longer looked at.
 */
function withSettledPlan(sql: string): string {
  return /\border by\b/i.test(sql) ? sql.replaceAll(/(?<= (?:=|<|<=|>|>=|limit) )\?/g, '(select ?)') : sql;
}
