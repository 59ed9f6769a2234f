import type { Kysely } from 'kysely';

/**
 * How many messages a person sent in the current window, in the form that rate-limiter-flexible expects. SQLite has it only so that
 * there is one schema.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('rate_limits')
    // The library may have made it on Postgres.
    .ifNotExists()
    .addColumn('key', 'varchar(255)', (column) => column.primaryKey())
    .addColumn('points', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('expire', 'bigint')
    .execute();
}
