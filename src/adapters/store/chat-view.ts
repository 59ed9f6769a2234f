import type { Kysely, Selectable } from 'kysely';
import { NotFound } from '#src/domain/errors.ts';
import { simulatorScope } from '#src/domain/test-people.ts';
import type { ChatPerson, ChatThread, ChatView } from '#src/ports/chat-view.ts';
import type { Place } from '#src/ports/read-model.ts';
import { readQuotes, toPartBubble, toPersonBubble } from './chat-view-bubbles.ts';
import { inspectMessage } from './chat-view-inspection.ts';
import { isUnfinished } from './partial-indexes.ts';
import { readBehind } from './read-pages.ts';
import type { Database, OutboundPartRow } from './schema.ts';

/** Reads the chat page's view of the store: plain queries that both engines understand. */
export function createChatView(deps: { readonly db: Kysely<Database> }): ChatView {
  const { db } = deps;
  return {
    people: (phones) => readPeople(db, phones),
    thread: (phone, options) => readThread(db, phone, options),
    inspect: (messageId) => inspectMessage(db, messageId),
    async file(attachmentId) {
      const row = await db
        .selectFrom('attachments')
        .innerJoin('messages', 'messages.id', 'attachments.message_id')
        .select(['path', 'ref', 'channel', 'state', 'sniffed_type', 'declared_type', 'file_name'])
        .where('attachments.id', '=', attachmentId)
        .executeTakeFirst();
      if (!row) throw new NotFound('There is no such file');
      return {
        path: row.path,
        ref: row.ref,
        channel: row.channel,
        state: row.state,
        mimeType: row.sniffed_type ?? row.declared_type,
        name: row.file_name,
      };
    },
  };
}

async function readPeople(db: Kysely<Database>, phones: readonly string[]): Promise<ChatPerson[]> {
  const users = await userIds(db, phones);
  return Promise.all(
    phones.map(async (phone) => {
      const userId = users.get(phone) ?? null;
      if (userId === null) return { phone, userId, lastMessage: null };
      const last = await db
        .selectFrom('messages')
        .select(['direction', 'message_type', 'content', 'created_at'])
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      const lastMessage = last
        ? {
            side: last.direction === 'inbound' ? ('person' as const) : ('assistant' as const),
            type: last.message_type,
            text: last.content.slice(0, 200),
            at: last.created_at,
          }
        : null;
      return { phone, userId, lastMessage };
    }),
  );
}

async function readThread(
  db: Kysely<Database>,
  phone: string,
  options: { limit: number; before?: string | undefined },
): Promise<ChatThread> {
  const userId = (await userIds(db, [phone])).get(phone) ?? null;
  if (userId === null) return { userId, bubbles: [], olderCursor: null, isWorking: false };

  const query = db.selectFrom('messages').selectAll().where('user_id', '=', userId);
  const before = options.before === undefined ? undefined : await placeOf(db, options.before);
  const newest = await readBehind(query, before, options.limit);
  const messages = newest.slice(0, options.limit).reverse();
  const ids = messages.map((message) => message.id);

  const [attachments, parts, quotes, working] = await Promise.all([
    ids.length === 0
      ? []
      : db.selectFrom('attachments').selectAll().where('message_id', 'in', ids).orderBy('position').execute(),
    ids.length === 0
      ? []
      : db
          .selectFrom('outbound_parts')
          .selectAll()
          .where('message_id', 'in', ids)
          .orderBy('position')
          .execute(),
    readQuotes(db, userId, messages),
    db
      .selectFrom('turns')
      .select('id')
      .where('user_id', '=', userId)
      .where(isUnfinished)
      .limit(1)
      .executeTakeFirst(),
  ]);

  const bubbles = messages.flatMap((message) =>
    message.direction === 'inbound'
      ? [
          toPersonBubble(
            message,
            attachments.filter((attachment) => attachment.message_id === message.id),
            quotes,
          ),
        ]
      : parts
          .filter((part) => part.message_id === message.id && wasHeard(part))
          .map((part) => toPartBubble(message, part)),
  );
  return {
    userId,
    bubbles,
    olderCursor: newest.length > options.limit ? (ids[0] ?? null) : null,
    isWorking: working !== undefined,
  };
}

/** Where a message stands in the order of time; undefined when it is gone. */
async function placeOf(db: Kysely<Database>, id: string): Promise<Place | undefined> {
  const row = await db.selectFrom('messages').select('created_at').where('id', '=', id).executeTakeFirst();
  return row && { createdAt: row.created_at, id };
}

/** What is queued or on its way is not yet on the person's screen; what failed is shown so that it is noticed. */
function wasHeard(part: Selectable<OutboundPartRow>): boolean {
  return part.state !== 'queued' && part.state !== 'sending';
}

async function userIds(db: Kysely<Database>, phones: readonly string[]): Promise<Map<string, string>> {
  if (phones.length === 0) return new Map();
  const rows = await db
    .selectFrom('user_identities')
    .select(['user_id', 'value'])
    .where('kind', '=', 'phone')
    .where('scope', '=', simulatorScope)
    .where('value', 'in', [...phones])
    .execute();
  return new Map(rows.map((row) => [row.value, row.user_id]));
}
