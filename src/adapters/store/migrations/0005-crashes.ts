import type { Kysely } from 'kysely';

/** How often a process ended under a job, and how often a turn was begun since: a message that ends processes is given up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('jobs')
    .addColumn('crashes', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('turns')
    .addColumn('repeats', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}
