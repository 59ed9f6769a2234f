import { type Kysely, sql } from 'kysely';

/** Rate limits judged on arrival are kept with the message; one active conversation a person; lists stay quick at a million messages. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('messages').addColumn('limited_until', 'text').execute();

  // Two processes that meet a person at the same moment must not open two conversations for them.
  await sql`update conversations set is_active = 0 where is_active = 1 and id not in
    (select max(id) from conversations where is_active = 1 group by user_id)`.execute(db);
  await db.schema
    .createIndex('conversations_active')
    .on('conversations')
    .column('user_id')
    .unique()
    .where(sql.ref('is_active'), '=', sql.lit(1))
    .execute();

  await db.schema.createIndex('users_created').on('users').columns(['created_at', 'id']).execute();
  await db.schema
    .createIndex('conversations_created')
    .on('conversations')
    .columns(['created_at', 'id'])
    .execute();

  // The same number of indexes as before for a new message, in the order in which pages and history read them.
  await db.schema.dropIndex('messages_user').execute();
  await db.schema
    .createIndex('messages_user')
    .on('messages')
    .columns(['user_id', 'created_at', 'id'])
    .execute();
  await db.schema.dropIndex('messages_conversation').execute();
  await db.schema
    .createIndex('messages_conversation')
    .on('messages')
    .columns(['conversation_id', 'created_at', 'id'])
    .where(sql.ref('conversation_id'), 'is not', null)
    .execute();
  // Most messages are text and pay nothing for it.
  await db.schema
    .createIndex('messages_type')
    .on('messages')
    .columns(['message_type', 'created_at', 'id'])
    .where(sql<boolean>`message_type <> 'text'`)
    .execute();

  // What is unfinished is little, however much there is (partial-indexes.ts).
  await db.schema.dropIndex('turns_user_state').execute();
  await db.schema
    .createIndex('turns_unfinished')
    .on('turns')
    .columns(['user_id', 'id'])
    .where(sql<boolean>`state in ('open', 'answered')`)
    .execute();
  await db.schema.dropIndex('outbound_parts_pending').execute();
  await db.schema
    .createIndex('outbound_parts_pending')
    .on('outbound_parts')
    .columns(['user_id', 'id'])
    .where(sql<boolean>`state in ('queued', 'sending')`)
    .execute();

  // Every turn ends with a look at its parts and its cost.
  await db.schema
    .createIndex('outbound_parts_turn')
    .on('outbound_parts')
    .column('turn_id')
    .where(sql.ref('turn_id'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('usage_entries_turn')
    .on('usage_entries')
    .column('turn_id')
    .where(sql.ref('turn_id'), 'is not', null)
    .execute();

  // Files that are gone from the disk are no work for the one who removes old files.
  await db.schema.dropIndex('attachments_created').execute();
  await db.schema
    .createIndex('attachments_created')
    .on('attachments')
    .column('created_at')
    .where(sql.ref('path'), 'is not', null)
    .execute();
}
