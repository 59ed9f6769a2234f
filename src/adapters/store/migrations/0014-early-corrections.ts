import type { Kysely } from 'kysely';

/** How people take to templates; edits and revocations of messages that are not known yet. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('templates').addColumn('quality', 'text').execute();

  await db.schema
    .createTable('early_corrections')
    .addColumn('message_id', 'text', (column) =>
      column.primaryKey().references('messages.id').onDelete('cascade').notNull(),
    )
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('original_provider_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  const index = (column: string) =>
    db.schema.createIndex(`early_corrections_${column}`).on('early_corrections').column(column).execute();
  await index('original_provider_id');
  await index('created_at');
}
