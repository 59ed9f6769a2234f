import type { Kysely, Selectable } from 'kysely';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { Reading } from '#src/domain/reading.ts';
import type { ChatBubble, ChatFile } from '#src/ports/chat-view.ts';
import type { AttachmentRow, Database, MessageRow, OutboundPartRow } from './schema.ts';

type Message = Selectable<MessageRow>;
type Quotes = ReadonlyMap<string, NonNullable<ChatBubble['quoted']>>;

/** Longest piece of a quoted message that a bubble repeats, in UTF-16 units. */
const quoteUnits = 200;

/** A person's message as a bubble on their side. */
export function toPersonBubble(
  message: Message,
  attachments: readonly Selectable<AttachmentRow>[],
  quotes: Quotes,
): ChatBubble {
  return {
    id: message.id,
    messageId: message.id,
    side: 'person',
    providerId: message.provider_id,
    at: message.created_at,
    type: message.message_type,
    text: message.content,
    quoted: (message.quoted_provider_id && quotes.get(message.quoted_provider_id)) || null,
    files: attachments.map(toChatFile),
    choices: [],
    verdict: message.verdict,
    tick:
      message.is_processed === 1
        ? 'answered'
        : message.verdict !== null || message.turn_id !== null
          ? 'seen'
          : 'stored',
    problem: message.error_message,
  };
}

/** One outbound part as a bubble on the bot's side. */
export function toPartBubble(message: Message, part: Selectable<OutboundPartRow>): ChatBubble {
  return {
    id: part.id,
    messageId: message.id,
    side: 'assistant',
    providerId: part.provider_id,
    at: part.sent_at ?? part.created_at,
    type: message.message_type,
    text: part.text,
    quoted: null,
    files: [],
    choices: part.extras === null ? [] : ((JSON.parse(part.extras) as PartExtras).choices ?? []),
    verdict: null,
    tick: part.state === 'queued' || part.state === 'sending' ? 'sent' : part.state,
    problem: part.error_reason ?? part.error_code ?? message.error_message,
  };
}

/** A file as the chat shows it. */
export function toChatFile(row: Selectable<AttachmentRow>): ChatFile {
  const reading = toReading(row.reading);
  return {
    id: row.id,
    name: row.file_name,
    mimeType: row.sniffed_type ?? row.declared_type,
    bytes: row.bytes,
    state: row.state,
    problem: row.problem,
    ...pagesOf(reading),
    seconds: reading?.kind === 'audio' ? reading.seconds : null,
    // Before the fetch the upload itself can be shown.
    isAvailable: row.path !== null || row.state === 'pending',
  };
}

function pagesOf(reading: Reading | null): Pick<ChatFile, 'pages' | 'unit'> {
  if (reading?.kind !== 'document' || reading.unit === 'section') return { pages: null, unit: null };
  return { pages: reading.pageCount, unit: reading.unit ?? 'page' };
}

/** The stored JSON of a reading; we wrote it ourselves. */
export function toReading(json: string | null): Reading | null {
  return json === null ? null : (JSON.parse(json) as Reading);
}

/** What the quoting messages answer, by provider id: earlier words of the person or a part of the bot's. */
export async function readQuotes(
  db: Kysely<Database>,
  userId: string,
  messages: readonly Message[],
): Promise<Quotes> {
  const quoting = messages.filter((message) => message.quoted_provider_id !== null);
  const ids = quoting.flatMap((message) => message.quoted_provider_id ?? []);
  const channels = [...new Set(quoting.map((message) => message.channel))];
  if (ids.length === 0) return new Map();
  const [own, parts] = await Promise.all([
    db
      .selectFrom('messages')
      .select(['provider_id', 'message_type', 'content'])
      .where('user_id', '=', userId)
      .where('channel', 'in', channels)
      .where('provider_id', 'in', ids)
      .execute(),
    db
      .selectFrom('outbound_parts')
      .select(['provider_id', 'text'])
      .where('user_id', '=', userId)
      .where('channel', 'in', channels)
      .where('provider_id', 'in', ids)
      .execute(),
  ]);
  const quotes = new Map<string, NonNullable<ChatBubble['quoted']>>();
  for (const row of own) {
    const text = row.content.slice(0, quoteUnits);
    if (row.provider_id) quotes.set(row.provider_id, { side: 'person', type: row.message_type, text });
  }
  for (const row of parts) {
    const text = row.text.slice(0, quoteUnits);
    if (row.provider_id) quotes.set(row.provider_id, { side: 'assistant', type: 'text', text });
  }
  return quotes;
}
