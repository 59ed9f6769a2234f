import { sql } from 'kysely';
import type { InboundMessage } from '#src/domain/message.ts';
import type { InboxStore } from '#src/ports/stores.ts';
import { acceptPeople } from './accept-people.ts';
import { detailsOf, toStoredMessage } from './message-rows.ts';
import type { AttachmentRow, MessageRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** As a literal, not as a bound value: only so does the planner see that the partial index `messages_undecided` fits. */
const inbound = sql.lit('inbound' as const);

/** What has come in, and what was decided about it. */
export function createInboxStore(context: StoreContext): InboxStore {
  const { trx, clock, newId } = context;
  return {
    async accept(messages, isWelcome) {
      if (messages.length === 0) return [];
      const senders = await acceptPeople(context, messages, isWelcome);
      const now = clock.now().toISOString();
      const attachments: AttachmentRow[] = [];
      const rows = messages.map((message, index) => {
        const row = newInboundRow(message, { id: newId(), userId: senders[index]?.userId ?? '', now });
        const files = message.attachments.map((file, position) => ({
          ...newAttachmentRow(row, position, now),
          id: newId(),
          ref: file.ref,
          declared_type: file.declaredType,
          file_name: file.fileName ?? null,
        }));
        attachments.push(...files);
        row.media = JSON.stringify(
          files.map((file) => ({
            attachmentId: file.id,
            type: file.declared_type,
            fileName: file.file_name,
          })),
        );
        return row;
      });
      const inserted = await trx
        .insertInto('messages')
        .values(rows)
        .onConflict((conflict) => conflict.columns(['channel', 'provider_id']).doNothing())
        .returning(['id', 'user_id'])
        .execute();
      const isNew = new Set(inserted.map((row) => row.id));
      const files = attachments.filter((file) => isNew.has(file.message_id));
      if (files.length > 0) await trx.insertInto('attachments').values(files).execute();
      const allowed = new Set(senders.filter((sender) => sender.isAllowed).map((sender) => sender.userId));
      return inserted.map((row) => ({
        messageId: row.id,
        userId: row.user_id,
        isAllowed: allowed.has(row.user_id),
      }));
    },

    async undecided(userId) {
      const rows = await trx
        .selectFrom('messages')
        .selectAll()
        .where('user_id', '=', userId)
        .where('verdict', 'is', null)
        .where('direction', '=', inbound)
        .orderBy('id')
        .execute();
      return rows.map((row) => toStoredMessage(row, []));
    },

    async decide(verdicts, toBeAnswered) {
      for (const [messageId, verdict] of verdicts) {
        await trx
          .updateTable('messages')
          .set({ verdict, is_processed: toBeAnswered.has(messageId) ? 0 : 1 })
          .where('id', '=', messageId)
          .execute();
      }
    },

    async usersWithWork() {
      const [undecided, open, unsent] = await Promise.all([
        trx
          .selectFrom('messages')
          .select('user_id')
          .distinct()
          .where('verdict', 'is', null)
          .where('direction', '=', inbound)
          .execute(),
        trx
          .selectFrom('turns')
          .select('user_id')
          .distinct()
          .where('state', 'in', ['open', 'answered'])
          .execute(),
        trx
          .selectFrom('outbound_parts')
          .select('user_id')
          .distinct()
          .where('state', 'in', ['queued', 'sending'])
          .execute(),
      ]);
      return [...new Set([...undecided, ...open, ...unsent].map((row) => row.user_id))];
    },

    async quoted(userId, channel, providerId) {
      const message = await trx
        .selectFrom('messages')
        .select(['direction', 'content'])
        .where('channel', '=', channel)
        .where('provider_id', '=', providerId)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      if (message) return { fromPerson: message.direction === 'inbound', text: message.content };
      const part = await trx
        .selectFrom('outbound_parts')
        .select('text')
        .where('channel', '=', channel)
        .where('provider_id', '=', providerId)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return part && { fromPerson: false, text: part.text };
    },
  };
}

function newInboundRow(
  message: InboundMessage,
  known: { id: string; userId: string; now: string },
): MessageRow {
  return {
    id: known.id,
    user_id: known.userId,
    conversation_id: null,
    turn_id: null,
    channel: message.channel,
    direction: 'inbound',
    message_type: message.type,
    content: message.text,
    details: detailsOf(message),
    media: '[]',
    provider_id: message.providerId,
    quoted_provider_id: message.quotedProviderId ?? null,
    reply_address: message.replyAddress,
    own_address: message.ownAddress,
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
    created_at: known.now,
  };
}

function newAttachmentRow(message: MessageRow, position: number, now: string) {
  return {
    message_id: message.id,
    user_id: message.user_id,
    conversation_id: null,
    position,
    state: 'pending' as const,
    path: null,
    bytes: null,
    sniffed_type: null,
    sniffed_kind: null,
    sniffed_extension: null,
    mislabelled: 0 as const,
    reading: null,
    extracted_text: null,
    transcript: null,
    language: null,
    problem: null,
    read_ms: null,
    created_at: now,
    updated_at: now,
  };
}
