import { type Kysely, sql } from 'kysely';

/** What waits until its person writes again; templates and what fills them; requests that must not be carried out twice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Quotation, choices, template or file of a part, as JSON; null for mere text.
  await db.schema.alterTable('outbound_parts').addColumn('extras', 'text').execute();
  // Since when something is held for them; null while nothing is.
  await db.schema.alterTable('users').addColumn('held_since', 'text').execute();
  await db.schema
    .createIndex('outbound_parts_held')
    .on('outbound_parts')
    .columns(['user_id', 'id'])
    .where(sql<boolean>`state = 'held'`)
    .execute();

  await db.schema
    .createTable('templates')
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('language', 'text', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('category', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('placeholders', 'text', (column) => column.notNull())
    .addColumn('components', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('templates_key', ['channel', 'name', 'language'])
    .execute();

  await db.schema
    .createTable('idempotency_keys')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('message_id', 'text', (column) =>
      column.references('messages.id').onDelete('cascade').notNull(),
    )
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('idempotency_keys_message')
    .on('idempotency_keys')
    .column('message_id')
    .execute();
  await db.schema
    .createIndex('idempotency_keys_created')
    .on('idempotency_keys')
    .column('created_at')
    .execute();
}
