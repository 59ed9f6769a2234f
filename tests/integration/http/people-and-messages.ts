import type { Insertable } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '#src/adapters/store/schema.ts';
import type { ServerUnderTest } from './server-under-test.ts';

type Row<Table extends keyof Database> = Partial<Insertable<Database[Table]>>;
const now = '2026-11-21T09:00:00.000Z';

/** Stores a person and returns the id. */
export async function storeUser({ db }: ServerUnderTest, row: Row<'users'> = {}): Promise<string> {
  const id = row.id ?? uuidv7();
  await db
    .insertInto('users')
    .values({
      phone_number: null,
      whatsapp_name: null,
      is_whitelisted: 0,
      is_active: 1,
      access_decided_by: 'settings',
      is_simulated: 0,
      created_at: now,
      updated_at: now,
      last_seen_at: null,
      ...row,
      id,
    })
    .execute();
  return id;
}

/** Stores a conversation and returns the id. */
export async function storeConversation(
  { db }: ServerUnderTest,
  row: Row<'conversations'> & { user_id: string },
) {
  const id = row.id ?? uuidv7();
  await db
    .insertInto('conversations')
    .values({ title: null, is_active: 1, created_at: now, updated_at: now, ...row, id })
    .execute();
  return id;
}

/** Stores a message and returns the id. */
export async function storeMessage({ db }: ServerUnderTest, row: Row<'messages'> & { user_id: string }) {
  const id = row.id ?? uuidv7();
  await db
    .insertInto('messages')
    .values({
      conversation_id: null,
      turn_id: null,
      channel: 'twilio',
      direction: 'inbound',
      message_type: 'text',
      content: '',
      details: '{}',
      media: '[]',
      provider_id: null,
      quoted_provider_id: null,
      reply_address: 'whatsapp:+15550001111',
      own_address: 'whatsapp:+14155238886',
      verdict: null,
      ai_response: null,
      ai_model_used: null,
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      cached_tokens: 0,
      cost_micros: 0,
      is_processed: 0,
      error_message: null,
      created_at: now,
      ...row,
      id,
    })
    .execute();
  return id;
}

/** Stores a line of the ledger. */
export async function storeUsage({ db }: ServerUnderTest, row: Row<'usage_entries'> & { user_id: string }) {
  await db
    .insertInto('usage_entries')
    .values({
      id: uuidv7(),
      turn_id: null,
      attachment_id: null,
      kind: 'reply',
      model: 'gpt-6-luna',
      prompt_tokens: 0,
      cached_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      audio_seconds: 0,
      cost_micros: 0,
      day: '2026-11-21',
      created_at: now,
      ...row,
    })
    .execute();
}
