import { type Kysely, sql } from 'kysely';

/** Who wants no messages, who said so and when, and what is left of people who were erased. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('users').addColumn('opted_out_at', 'text').execute();
  await db.schema.alterTable('users').addColumn('marketing_opted_out_at', 'text').execute();
  await db.schema.alterTable('users').addColumn('erased_at', 'text').execute();
  await db.schema
    .alterTable('outbound_parts')
    .addColumn('despite_opt_out', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();

  await db.schema
    .createTable('consents')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('channel', 'text')
    // No reference: what was said stays in the log when the message is gone.
    .addColumn('message_id', 'text')
    .addColumn('wording_version', 'text')
    .addColumn('detail', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('consents_user').on('consents').columns(['user_id', 'id']).execute();

  // What providers still keep of erased people; empty once they have deleted it.
  await db.schema
    .createTable('erasures')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('erasures_user').on('erasures').columns(['user_id', 'id']).execute();

  // By digest, as some providers' ids contain the number of whom they are about.
  await db.schema
    .createTable('erased_messages')
    .addColumn('digest', 'text', (column) => column.notNull().primaryKey())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();

  // Whoever erases a file or a conversation looks for what refers to it, in the longest tables there are.
  await db.schema
    .createIndex('usage_entries_attachment')
    .on('usage_entries')
    .column('attachment_id')
    .where(sql.ref('attachment_id'), 'is not', null)
    .execute();
  await db.schema.createIndex('turns_conversation').on('turns').column('conversation_id').execute();
}
