import type { Kysely } from 'kysely';

/** The processes that work on this database, each with its last sign of life. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // No index: there are a handful of rows, and without one a sign of life rewrites no index either.
  await db.schema
    .createTable('workers')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('running', 'integer', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('seen_at', 'text', (column) => column.notNull())
    .execute();
}
