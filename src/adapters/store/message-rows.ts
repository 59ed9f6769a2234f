import type { Transaction } from 'kysely';
import type { InboundMessage } from '#src/domain/message.ts';
import type { Reading } from '#src/domain/reading.ts';
import type { StoredAttachment, StoredMessage } from '#src/domain/turn.ts';
import type { AttachmentRow, Database, MessageRow } from './schema.ts';

/** Facts of a message beside its text; stored as JSON in `messages.details`. */
type Details = Pick<InboundMessage, 'location' | 'button' | 'forwarded' | 'providerType'>;

/** What goes into `messages.details`. */
export function detailsOf(message: InboundMessage): string {
  const { location, button, forwarded, providerType } = message;
  return JSON.stringify({ location, button, forwarded, providerType });
}

/** The files of some messages, in their order; none for no messages. */
export async function readAttachments(
  trx: Transaction<Database>,
  messageIds: readonly string[],
): Promise<AttachmentRow[]> {
  if (messageIds.length === 0) return [];
  return trx
    .selectFrom('attachments')
    .selectAll()
    .where('message_id', 'in', messageIds)
    .orderBy('position')
    .execute();
}

/** A stored message from its row and the rows of its files, which may belong to other messages too. */
export function toStoredMessage(row: MessageRow, attachments: readonly AttachmentRow[]): StoredMessage {
  const details = JSON.parse(row.details) as Details;
  return {
    ...details,
    id: row.id,
    userId: row.user_id,
    receivedAt: new Date(row.created_at),
    verdict: row.verdict ?? undefined,
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
export function toStoredAttachment(row: AttachmentRow): StoredAttachment {
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
    reading: row.reading ? (JSON.parse(row.reading) as Reading) : undefined,
  };
}
