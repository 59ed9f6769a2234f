import { sql } from 'kysely';
import { LostLease } from '#src/domain/errors.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { InboxStore } from '#src/ports/stores.ts';
import { acceptPeople } from './accept-people.ts';
import { inChunks } from './in-chunks.ts';
import { detailsOf, newColumns, readAttachments, toStoredMessage } from './message-rows.ts';
import { isPending, isUnfinished } from './partial-indexes.ts';
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
        const row = newInboundRow(message, {
          id: 'id' in message ? message.id : newId(),
          userId: senders[index]?.userId ?? '',
          now: 'receivedAt' in message ? message.receivedAt.toISOString() : now,
        });
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
      // Two processes that store the same messages wait for each other in one order, whatever order they were given.
      const sorted = rows.toSorted((a, b) => ((a.provider_id ?? '') < (b.provider_id ?? '') ? -1 : 1));
      const inserted = await inChunks(sorted, (chunk) =>
        trx
          .insertInto('messages')
          .values(chunk)
          // By the provider's id, or by our own: one from the arrival log may have been stored before a crash.
          .onConflict((conflict) => conflict.doNothing())
          .returning(['id', 'user_id'])
          .execute(),
      );
      inserted.sort((a, b) => (a.id < b.id ? -1 : 1));
      const isNew = new Set(inserted.map((row) => row.id));
      const files = attachments.filter((file) => isNew.has(file.message_id));
      await inChunks(files, (chunk) => trx.insertInto('attachments').values(chunk).execute());
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
      // A caption makes a command only where there is no file.
      const withFiles = rows.filter((row) => row.media !== '[]').map((row) => row.id);
      const attachments = await readAttachments(trx, withFiles, { withText: false });
      return rows.map((row) => toStoredMessage(row, attachments));
    },

    async limit(until) {
      for (const [time, messageIds] of groupBy(until, (date) => date.toISOString())) {
        await inChunks(messageIds, (ids) =>
          trx.updateTable('messages').set({ limited_until: time }).where('id', 'in', ids).execute(),
        );
      }
    },

    async decide(verdicts, toBeAnswered) {
      const kinds = groupBy(verdicts, (verdict, id) => `${verdict} ${toBeAnswered.has(id)}`);
      for (const messageIds of kinds.values()) {
        const [first = ''] = messageIds;
        const verdict = verdicts.get(first);
        const updates = await inChunks(messageIds, (ids) =>
          trx
            .updateTable('messages')
            .set({ verdict, is_processed: toBeAnswered.has(first) ? 0 : 1 })
            .where('id', 'in', ids)
            .where('verdict', 'is', null)
            .execute(),
        );
        const decided = updates.reduce((sum, update) => sum + Number(update.numUpdatedRows), 0);
        if (decided < messageIds.length) throw new LostLease('the messages were decided on elsewhere');
      }
    },

    async usersWithWork() {
      const undecided = await trx
        .selectFrom('messages')
        .select('user_id')
        .distinct()
        .where('verdict', 'is', null)
        .where('direction', '=', inbound)
        .execute();
      const open = await trx.selectFrom('turns').select('user_id').distinct().where(isUnfinished).execute();
      const unsent = await trx
        .selectFrom('outbound_parts')
        .select('user_id')
        .distinct()
        .where(isPending)
        .execute();
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

/** The keys of a map, grouped by something about them; order is kept. */
function groupBy<Value>(
  map: ReadonlyMap<string, Value>,
  group: (value: Value, key: string) => string,
): Map<string, string[]> {
  const groups = Map.groupBy(map, ([key, value]) => group(value, key));
  return new Map([...groups].map(([name, entries]) => [name, entries.map(([key]) => key)]));
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
    ...newColumns,
    ai_model_used: null,
    is_processed: 0,
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
