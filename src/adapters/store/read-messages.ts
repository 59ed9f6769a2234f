import type { Kysely } from 'kysely';
import type {
  AttachmentView,
  MediaView,
  MessageView,
  OutboundPartView,
  ReadModel,
} from '#src/ports/read-model.ts';
import { readableText } from './document-columns.ts';
import { readParts } from './part-views.ts';
import { isNotText } from './partial-indexes.ts';
import { readPage } from './read-pages.ts';
import type { AttachmentRow, Database, MessageRow } from './schema.ts';

/** The messages part of the read model. */
export function createMessageReads(db: Kysely<Database>): Pick<ReadModel, 'listMessages' | 'findMessage'> {
  return {
    async listMessages(filter, page) {
      let query = db.selectFrom('messages').selectAll();
      if (filter.userId) query = query.where('user_id', '=', filter.userId);
      if (filter.conversationId) query = query.where('conversation_id', '=', filter.conversationId);
      if (filter.type) query = query.where('message_type', '=', filter.type);
      if (filter.type && filter.type !== 'text') query = query.where(isNotText);
      if (filter.direction) query = query.where('direction', '=', filter.direction);
      if (filter.since) query = query.where('created_at', '>=', filter.since);
      if (filter.until) query = query.where('created_at', '<=', filter.until);
      // The parts of what went out, read for the whole page at once.
      const { items, next } = await readPage(query, page, (row) => row);
      const outbound = items.filter((row) => row.direction === 'outbound').map((row) => row.id);
      const parts = await readParts(db, outbound);
      return { items: items.map((row) => toMessageView(row, parts.get(row.id))), next };
    },

    async findMessage(id) {
      const row = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return null;
      const attachments = await db
        .selectFrom('attachments')
        .selectAll()
        .where('message_id', '=', id)
        .orderBy('position')
        .execute();
      const parts = await readParts(db, [id]);
      return { ...toMessageView(row, parts.get(id)), attachments: attachments.map(toAttachmentView) };
    },
  };
}

function toMessageView(row: MessageRow, outbound_parts: OutboundPartView[] = []): MessageView {
  return {
    id: row.id,
    user_id: row.user_id,
    conversation_id: row.conversation_id,
    turn_id: row.turn_id,
    channel: row.channel,
    direction: row.direction,
    message_type: row.message_type,
    content: row.content,
    details: JSON.parse(row.details) as Record<string, unknown>,
    media: toMediaViews(row.media),
    provider_id: row.provider_id,
    quoted_provider_id: row.quoted_provider_id,
    verdict: row.verdict,
    ai_response: row.ai_response,
    ai_model_used: row.ai_model_used,
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.completion_tokens,
    total_tokens: row.total_tokens,
    cached_tokens: row.cached_tokens,
    cost_usd: row.cost_micros / 1_000_000,
    is_processed: row.is_processed === 1,
    error_message: row.error_message,
    outbound_parts,
    created_at: row.created_at,
  };
}

function toMediaViews(json: string): MediaView[] {
  const files = JSON.parse(json) as { attachmentId?: string; type?: string; fileName?: string }[];
  return files.map((file) => ({
    attachment_id: file.attachmentId ?? null,
    type: file.type ?? '',
    file_name: file.fileName ?? null,
  }));
}

function toAttachmentView(row: AttachmentRow): AttachmentView {
  return {
    id: row.id,
    position: row.position,
    declared_type: row.declared_type,
    file_name: row.file_name,
    state: row.state,
    bytes: row.bytes,
    sniffed_type: row.sniffed_type,
    sniffed_kind: row.sniffed_kind,
    mislabelled: row.mislabelled === 1,
    extracted_text: readableText(row.extracted_text),
    transcript: row.transcript,
    language: row.language,
    problem: row.problem,
    read_ms: row.read_ms,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}
