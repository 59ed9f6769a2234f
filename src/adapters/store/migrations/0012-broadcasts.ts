import type { Kysely } from 'kysely';

/** What the owner says to many, and what becomes of it for each of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('broadcasts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text')
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('total', 'integer', (column) => column.notNull())
    .addColumn('watched_from', 'text', (column) => column.notNull())
    .addColumn('idempotency_key', 'text')
    .addColumn('digest', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('broadcasts_created').on('broadcasts').columns(['created_at', 'id']).execute();
  await db.schema.createIndex('broadcasts_key').unique().on('broadcasts').column('idempotency_key').execute();

  await db.schema
    .createTable('broadcast_recipients')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('broadcast_id', 'text', (column) =>
      column.references('broadcasts.id').onDelete('cascade').notNull(),
    )
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('given_kind', 'text', (column) => column.notNull())
    .addColumn('given', 'text', (column) => column.notNull())
    .addColumn('template_values', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason_code', 'text')
    .addColumn('reason', 'text')
    .addColumn('message_id', 'text', (column) => column.references('messages.id').onDelete('set null'))
    .addColumn('handed_at', 'text')
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(name).on('broadcast_recipients').columns(columns).execute();
  await index('broadcast_recipients_state', ['broadcast_id', 'state', 'position']);
  await index('broadcast_recipients_handed', ['broadcast_id', 'handed_at', 'position']);
  await index('broadcast_recipients_created', ['broadcast_id', 'created_at', 'id']);
  await index('broadcast_recipients_user', ['user_id', 'broadcast_id']);
  await index('broadcast_recipients_message', ['message_id', 'broadcast_id']);
}
