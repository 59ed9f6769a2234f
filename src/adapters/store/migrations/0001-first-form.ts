import { type CreateTableBuilder, type Kysely, sql } from 'kysely';

type AnyTable<T extends string> = CreateTableBuilder<T, string>;

/** Id and creation time, which every table has. */
function withIdAndTime<T extends string>(table: AnyTable<T>): AnyTable<T> {
  return table
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('created_at', 'text', (column) => column.notNull()) as AnyTable<T>;
}

/** Token counts and cost, 0 until known. */
function withCounts<T extends string>(table: AnyTable<T>, names: readonly string[]): AnyTable<T> {
  return names.reduce(
    (built, name) =>
      built.addColumn(name, 'integer', (column) => column.notNull().defaultTo(0)) as AnyTable<T>,
    table,
  );
}

/** People, what they wrote, what was understood and answered, what it cost, and the queue. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await withIdAndTime(db.schema.createTable('users'))
    .addColumn('phone_number', 'text')
    .addColumn('whatsapp_name', 'text')
    .addColumn('is_whitelisted', 'integer', (column) => column.notNull())
    .addColumn('is_active', 'integer', (column) => column.notNull())
    .addColumn('access_decided_by', 'text', (column) => column.notNull())
    .addColumn('is_simulated', 'integer', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .addColumn('last_seen_at', 'text')
    .execute();

  await withIdAndTime(db.schema.createTable('user_identities'))
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addUniqueConstraint('user_identities_unique', ['kind', 'scope', 'value'])
    .execute();
  await db.schema.createIndex('user_identities_user').on('user_identities').column('user_id').execute();

  await withIdAndTime(db.schema.createTable('conversations'))
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('title', 'text')
    .addColumn('is_active', 'integer', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('conversations_user')
    .on('conversations')
    .columns(['user_id', 'is_active'])
    .execute();

  await withIdAndTime(db.schema.createTable('turns'))
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('conversation_id', 'text', (column) =>
      column.notNull().references('conversations.id').onDelete('cascade'),
    )
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('error_message', 'text')
    .addColumn('steps', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('finished_at', 'text')
    .execute();
  await db.schema.createIndex('turns_user_state').on('turns').columns(['user_id', 'state', 'id']).execute();

  const messages = withIdAndTime(db.schema.createTable('messages'))
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('conversation_id', 'text', (column) =>
      column.references('conversations.id').onDelete('cascade'),
    )
    .addColumn('turn_id', 'text', (column) => column.references('turns.id').onDelete('cascade'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('message_type', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('details', 'text', (column) => column.notNull().defaultTo('{}'))
    .addColumn('media', 'text', (column) => column.notNull().defaultTo('[]'))
    .addColumn('provider_id', 'text')
    .addColumn('quoted_provider_id', 'text')
    .addColumn('reply_address', 'text', (column) => column.notNull())
    .addColumn('own_address', 'text', (column) => column.notNull())
    .addColumn('verdict', 'text')
    .addColumn('ai_response', 'text')
    .addColumn('ai_model_used', 'text');
  await withCounts(messages as AnyTable<'messages'>, [
    'prompt_tokens',
    'completion_tokens',
    'total_tokens',
    'cached_tokens',
    'cost_micros',
    'is_processed',
  ])
    .addColumn('error_message', 'text')
    .addUniqueConstraint('messages_provider_unique', ['channel', 'provider_id'])
    .execute();
  // Partial where a new message has nothing yet: its acknowledgement should not pay for indexes it is not in.
  await db.schema.createIndex('messages_user').on('messages').columns(['user_id', 'id']).execute();
  await db.schema
    .createIndex('messages_conversation')
    .on('messages')
    .columns(['conversation_id', 'id'])
    .where(sql.ref('conversation_id'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('messages_turn')
    .on('messages')
    .column('turn_id')
    .where(sql.ref('turn_id'), 'is not', null)
    .execute();
  await db.schema.createIndex('messages_created').on('messages').columns(['created_at', 'id']).execute();
  // Finds unanswered messages without walking through a person's whole history; holds nobody else's.
  await db.schema
    .createIndex('messages_undecided')
    .on('messages')
    .columns(['user_id', 'id'])
    .where(sql<boolean>`verdict is null and direction = 'inbound'`)
    .execute();

  await withIdAndTime(db.schema.createTable('attachments'))
    .addColumn('message_id', 'text', (column) =>
      column.notNull().references('messages.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('conversation_id', 'text', (column) =>
      column.references('conversations.id').onDelete('cascade'),
    )
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('ref', 'text', (column) => column.notNull())
    .addColumn('declared_type', 'text', (column) => column.notNull())
    .addColumn('file_name', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('path', 'text')
    .addColumn('bytes', 'integer')
    .addColumn('sniffed_type', 'text')
    .addColumn('sniffed_kind', 'text')
    .addColumn('sniffed_extension', 'text')
    .addColumn('mislabelled', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('reading', 'text')
    .addColumn('extracted_text', 'text')
    .addColumn('transcript', 'text')
    .addColumn('language', 'text')
    .addColumn('problem', 'text')
    .addColumn('read_ms', 'integer')
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('attachments_user').on('attachments').columns(['user_id', 'id']).execute();
  await db.schema.createIndex('attachments_message').on('attachments').column('message_id').execute();
  await db.schema
    .createIndex('attachments_conversation')
    .on('attachments')
    .columns(['conversation_id', 'id'])
    .execute();
  await db.schema.createIndex('attachments_created').on('attachments').column('created_at').execute();

  await db.schema
    .createTable('attachment_pages')
    .addColumn('attachment_id', 'text', (column) =>
      column.notNull().references('attachments.id').onDelete('cascade'),
    )
    .addColumn('page', 'integer', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('attachment_pages_key', ['attachment_id', 'page'])
    .execute();

  await withIdAndTime(db.schema.createTable('outbound_parts'))
    .addColumn('message_id', 'text', (column) =>
      column.notNull().references('messages.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('turn_id', 'text', (column) => column.references('turns.id').onDelete('cascade'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('to_address', 'text', (column) => column.notNull())
    .addColumn('from_address', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('provider_id', 'text')
    .addColumn('error_code', 'text')
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('first_tried_at', 'text')
    .addColumn('sent_at', 'text')
    .execute();
  await db.schema.createIndex('outbound_parts_message').on('outbound_parts').column('message_id').execute();
  await db.schema
    .createIndex('outbound_parts_pending')
    .on('outbound_parts')
    .columns(['user_id', 'state', 'id'])
    .execute();
  await db.schema
    .createIndex('outbound_parts_provider')
    .on('outbound_parts')
    .columns(['channel', 'provider_id'])
    .execute();

  await withCounts(
    withIdAndTime(db.schema.createTable('usage_entries'))
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('turn_id', 'text', (column) => column.references('turns.id').onDelete('set null'))
      .addColumn('attachment_id', 'text', (column) =>
        column.references('attachments.id').onDelete('set null'),
      )
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('audio_seconds', 'double precision', (column) => column.notNull().defaultTo(0))
      .addColumn('day', 'text', (column) => column.notNull()) as AnyTable<'usage_entries'>,
    ['prompt_tokens', 'cached_tokens', 'completion_tokens', 'total_tokens', 'cost_micros'],
  ).execute();
  await db.schema.createIndex('usage_entries_day').on('usage_entries').columns(['day', 'user_id']).execute();
  await db.schema.createIndex('usage_entries_user').on('usage_entries').columns(['user_id', 'day']).execute();

  await db.schema
    .createTable('notices')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('notices_key', ['user_id', 'kind'])
    .execute();

  await withIdAndTime(db.schema.createTable('jobs'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('lane', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('run_at', 'text', (column) => column.notNull())
    .addColumn('latest_at', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('lease_until', 'text')
    .addColumn('last_error', 'text')
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('jobs_due').on('jobs').columns(['state', 'run_at']).execute();
  // Two wake-ups that wait for the same person are one; a running one may have one waiting behind it.
  await db.schema
    .createIndex('jobs_waiting_key')
    .on('jobs')
    .columns(['key'])
    .unique()
    .where(sql.ref('state'), '=', 'waiting')
    .execute();
}
