import { type Kysely, sql } from 'kysely';

/** Files of ours that providers keep; people who could not be told that something is held for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('uploads')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('part_id', 'text', (column) =>
      column.references('outbound_parts.id').onDelete('cascade').notNull(),
    )
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('ref', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('uploads_part').on('uploads').column('part_id').execute();

  // Since when something is held for them that they do not know of; null while they know, or nothing is held.
  await db.schema.alterTable('users').addColumn('untold_since', 'text').execute();
  await db.schema
    .createIndex('users_untold')
    .on('users')
    .column('id')
    .where(sql<boolean>`untold_since is not null`)
    .execute();
}
