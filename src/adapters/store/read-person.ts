import type { Kysely, Selectable } from 'kysely';
import type { Reading } from '#src/domain/reading.ts';
import type { ReadPerson } from '#src/ports/privacy.ts';
import { withPageText } from './document-columns.ts';
import type { AttachmentRow, Database, MessageRow } from './schema.ts';

/** Messages that are read at once: their files may be long. */
const messagesAtOnce = 50;

/**
 * Everything that is stored about a person as one JSON document, in pieces that fit the memory however much they have written. Left
 * out is what only says how it is stored: paths, links of providers, states of the queue.
 */
export function createReadPerson(db: Kysely<Database>): ReadPerson {
  return async function* read(userId) {
    const person = await db
      .selectFrom('users')
      .select([
        'id',
        'phone_number',
        'whatsapp_name',
        'username',
        'is_whitelisted',
        'is_active',
        'opted_out_at',
        'marketing_opted_out_at',
        'created_at',
        'last_seen_at',
      ])
      .where('id', '=', userId)
      .executeTakeFirst();
    yield `{\n"person": ${toText(person ?? null)}`;
    const lists = {
      identities: db
        .selectFrom('user_identities')
        .select(['kind', 'value', 'created_at'])
        .where('scope', 'is not', null)
        .where('user_id', '=', userId),
      past_identities: db
        .selectFrom('past_identities')
        .select(['kind', 'value', 'valid_from', 'valid_to'])
        .where('user_id', '=', userId)
        .orderBy('id'),
      consents: db
        .selectFrom('consents')
        .select(['type', 'action', 'source', 'channel', 'message_id', 'wording_version', 'created_at'])
        .where('user_id', '=', userId)
        .orderBy('id'),
      conversations: db
        .selectFrom('conversations')
        .select(['id', 'title', 'created_at', 'updated_at'])
        .where('user_id', '=', userId)
        .orderBy('id'),
      usage: db
        .selectFrom('usage_entries')
        .select([
          'created_at',
          'kind',
          'model',
          'prompt_tokens',
          'cached_tokens',
          'completion_tokens',
          'audio_seconds',
          'cost_micros',
        ])
        .where('user_id', '=', userId)
        .orderBy('id'),
    };
    for (const [name, query] of Object.entries(lists)) {
      yield `,\n"${name}": ${toText(await (query as unknown as { execute(): Promise<unknown> }).execute())}`;
    }
    yield ',\n"messages": [';
    let before = '\n';
    for await (const message of messagesOf(db, userId)) {
      yield before + toText(message);
      before = ',\n';
    }
    yield '\n]\n}\n';
  };
}

/** A person's messages with their files and what was said in parts, oldest first. */
async function* messagesOf(db: Kysely<Database>, userId: string): AsyncGenerator<object> {
  let last: Pick<MessageRow, 'id' | 'created_at'> | undefined;
  do {
    const place = last;
    const messages = await db
      .selectFrom('messages')
      .selectAll()
      .where('user_id', '=', userId)
      .$if(place !== undefined, (query) =>
        query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '>', tuple(place?.created_at ?? '', place?.id ?? '')),
        ),
      )
      .orderBy('created_at')
      .orderBy('id')
      .limit(messagesAtOnce)
      .execute();
    const ids = messages.map((message) => message.id);
    if (ids.length === 0) return;
    const files = await db
      .selectFrom('attachments')
      .selectAll()
      .where('message_id', 'in', ids)
      .orderBy('position')
      .execute();
    for (const message of messages) {
      const own = files.filter((file) => file.message_id === message.id).map(toFile);
      yield toMessage(message, own);
    }
    last = messages.at(-1);
  } while (last);
}

function toMessage(row: Selectable<MessageRow>, files: readonly object[]): object {
  const details = JSON.parse(row.details) as Record<string, unknown>;
  return {
    id: row.id,
    at: row.created_at,
    from: row.direction === 'inbound' ? 'you' : 'assistant',
    channel: row.channel,
    type: row.message_type,
    text: row.content,
    ...(Object.keys(details).length > 0 && { details }),
    ...(files.length > 0 && { files }),
    conversation_id: row.conversation_id,
    provider_id: row.provider_id,
    verdict: row.verdict,
    model: row.ai_model_used,
    problem: row.error_message,
  };
}

function toFile(row: Selectable<AttachmentRow>): object {
  return {
    name: row.file_name,
    declared_type: row.declared_type,
    type: row.sniffed_type,
    bytes: row.bytes,
    is_still_stored: row.path !== null,
    reading: row.reading ? withPageText(JSON.parse(row.reading) as Reading, row.extracted_text) : null,
    language: row.language,
    problem: row.problem,
  };
}

function toText(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
