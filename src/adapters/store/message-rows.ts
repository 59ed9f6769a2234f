import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { InboundMessage } from '#src/domain/message.ts';
import type { Reading } from '#src/domain/reading.ts';
import type { StoredAttachment, StoredMessage } from '#src/domain/turn.ts';
import { withPageText } from './document-columns.ts';
import type { AttachmentRow, Database, MessageRow } from './schema.ts';
import { type Given, isOneOf, statement } from './statement.ts';

/** Facts of a message beside its text; stored as JSON in `messages.details`. */
export type Details = Pick<
  InboundMessage,
  'location' | 'button' | 'forwarded' | 'providerType' | 'sentAtMs' | 'note' | 'change'
>;

/** The same for what the bot says. */
export interface OutboundDetails {
  /** Of an answer: the message that the history of its prompt began with. */
  readonly historyFrom?: string | undefined;
  /** Of the owner's own message: what it is. */
  readonly template?: { readonly name: string; readonly language: string } | undefined;
}

/** What goes into `messages.details`. */
export function detailsOf(message: InboundMessage): string {
  const { location, button, forwarded, providerType, sentAtMs, note, change } = message;
  return JSON.stringify({ location, button, forwarded, providerType, sentAtMs, note, change });
}

/** What stands in `messages.details` of a person's message. */
export function readDetails(json: string): Details {
  return JSON.parse(json) as Details;
}

/** A new message: nobody has looked at it yet, and nothing was paid for it. */
export const newColumns = {
  verdict: null,
  limited_until: null,
  ai_response: null,
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  cached_tokens: 0,
  cost_micros: 0,
  error_message: null,
} as const satisfies Partial<MessageRow>;

/** Everything about a file but its text, which can be megabytes. */
const factColumns = [
  'id',
  'message_id',
  'ref',
  'declared_type',
  'file_name',
  'path',
  'bytes',
  'sniffed_type',
  'sniffed_kind',
  'sniffed_extension',
  'reading',
] as const satisfies (keyof AttachmentRow)[];

/** What `toStoredAttachment` needs of a row. */
export type AttachmentFacts = Pick<AttachmentRow, (typeof factColumns)[number] | 'extracted_text'>;

const selectFiles = selectFilesWith(sql`null`);
const selectFilesWithText = selectFilesWith(sql.ref('extracted_text'));

function selectFilesWith(text: RawBuilder<unknown>) {
  return statement((db, given: Given<{ messageIds: readonly string[] }>) =>
    db
      .selectFrom('attachments')
      .select(factColumns)
      .select(text.$castTo<string | null>().as('extracted_text'))
      .where(isOneOf(db, 'message_id', given.messageIds))
      .orderBy('position'),
  );
}

const selectFilesById = statement((db, given: Given<{ ids: readonly string[] }>) =>
  db
    .selectFrom('attachments')
    .select(factColumns)
    .where(isOneOf(db, 'id', given.ids))
    .orderBy('id'),
);

const selectTexts = statement((db, given: Given<{ ids: readonly string[] }>) =>
  db
    .selectFrom('attachments')
    .select(['id', 'extracted_text'])
    .where(isOneOf(db, 'id', given.ids)),
);

/** Whether a message brought files; what came without them never gets any. */
export function hasFiles({ media }: Pick<MessageRow, 'media'>): boolean {
  return media !== '[]';
}

/** The files of some messages, in their order. Document text only where it is asked for. */
export async function readAttachments(
  trx: Transaction<Database>,
  messages: readonly Pick<MessageRow, 'id' | 'media'>[],
  { withText }: { withText: boolean },
): Promise<AttachmentFacts[]> {
  const messageIds = messages.filter(hasFiles).map((message) => message.id);
  if (messageIds.length === 0) return [];
  return (withText ? selectFilesWithText : selectFiles).all(trx, { messageIds });
}

/** Files by id, oldest first, with the document text of those in `withText`. */
export async function readAttachmentsById(
  trx: Transaction<Database>,
  ids: readonly string[],
  withText: ReadonlySet<string>,
): Promise<AttachmentFacts[]> {
  if (ids.length === 0) return [];
  const rows = await selectFilesById.all(trx, { ids });
  const texts = withText.size === 0 ? [] : await selectTexts.all(trx, { ids: [...withText] });
  const textOf = new Map(texts.map((row) => [row.id, row.extracted_text]));
  return rows.map((row) => ({ ...row, extracted_text: textOf.get(row.id) ?? null }));
}

/** A stored message from its row and the rows of its files, which may belong to other messages too. */
export function toStoredMessage(row: MessageRow, attachments: readonly AttachmentFacts[]): StoredMessage {
  const details = readDetails(row.details);
  return {
    ...details,
    id: row.id,
    userId: row.user_id,
    receivedAt: new Date(row.created_at),
    verdict: row.verdict ?? undefined,
    limitedUntil: row.limited_until ? new Date(row.limited_until) : undefined,
    channel: row.channel,
    providerId: row.provider_id ?? '',
    replyAddress: row.reply_address,
    ownAddress: row.own_address,
    type: row.message_type,
    text: row.content,
    quotedProviderId: row.quoted_provider_id ?? undefined,
    attachments: attachments.filter((attachment) => attachment.message_id === row.id).map(toStoredAttachment),
  };
}

/** A file with what is known of it. */
export function toStoredAttachment(row: AttachmentFacts): StoredAttachment {
  return {
    id: row.id,
    ref: row.ref,
    declaredType: row.declared_type,
    fileName: row.file_name ?? undefined,
    path: row.path ?? undefined,
    bytes: row.bytes ?? 0,
    sniffed:
      row.sniffed_kind && row.sniffed_type !== null
        ? { kind: row.sniffed_kind, mimeType: row.sniffed_type, extension: row.sniffed_extension ?? '' }
        : undefined,
    reading: row.reading ? withPageText(JSON.parse(row.reading) as Reading, row.extracted_text) : undefined,
  };
}
