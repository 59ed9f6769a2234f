import { sql } from 'kysely';
import type { ConversationStore } from '#src/ports/stores.ts';
import {
  type OutboundDetails,
  readAttachments,
  readAttachmentsById,
  toStoredAttachment,
} from './message-rows.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Text of earlier files that is loaded for one question: several long reports, but not a library. In UTF-16 units. */
const recalledUnits = 3_000_000;

/** A person's conversations; one is active at a time. */
export function createConversationStore({ trx, clock, newId }: StoreContext): ConversationStore {
  return {
    async active(userId) {
      const existing = await trx
        .selectFrom('conversations')
        .select('id')
        .where('user_id', '=', userId)
        .where('is_active', '=', 1)
        .executeTakeFirst();
      if (existing) return existing.id;
      const id = newId();
      const now = clock.now().toISOString();
      await trx
        .insertInto('conversations')
        .values({ id, user_id: userId, title: null, is_active: 1, created_at: now, updated_at: now })
        .execute();
      return id;
    },

    async end(userId) {
      await trx
        .updateTable('conversations')
        .set({ is_active: 0, updated_at: clock.now().toISOString() })
        .where('user_id', '=', userId)
        .where('is_active', '=', 1)
        .execute();
    },

    async name(conversationId, title) {
      await trx
        .updateTable('conversations')
        .set({ title })
        .where('id', '=', conversationId)
        .where('title', 'is', null)
        .execute();
    },

    async history(conversationId, { beforeTurn, limit }) {
      if (limit === 0) return [];
      const rows = await trx
        .selectFrom('messages')
        .select(['id', 'turn_id', 'direction', 'content', 'details'])
        .where('conversation_id', '=', conversationId)
        // Only finished exchanges: turn ids sort by time, and refused messages have no turn.
        .where('turn_id', '<', beforeTurn)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      const attachments = await readAttachments(
        trx,
        rows.map((row) => row.id),
        { withText: false },
      );
      // Each answer behind its question: while one was written the person may have sent the next.
      const keyOf = (row: (typeof rows)[number]) => `${row.turn_id} ${row.id}`;
      const exchanges = rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
      return exchanges.map((row) => ({
        id: row.id,
        fromPerson: row.direction === 'inbound',
        text: row.content,
        attachments: attachments.filter((file) => file.message_id === row.id).map(toStoredAttachment),
        ...(row.direction === 'outbound' && (JSON.parse(row.details) as OutboundDetails)),
      }));
    },

    async files(conversationId, { beforeTurn, limit }) {
      const sizes = await trx
        .selectFrom('attachments')
        .innerJoin('messages', 'messages.id', 'attachments.message_id')
        .select(['attachments.id', sql<number | null>`length(attachments.extracted_text)`.as('units')])
        .where('attachments.conversation_id', '=', conversationId)
        .where('attachments.state', '=', 'read')
        .where('messages.turn_id', '<', beforeTurn)
        .orderBy('attachments.id', 'desc')
        .limit(limit)
        .execute();
      const small = withinBudget(sizes);
      const rows = await readAttachmentsById(
        trx,
        sizes.map(({ id }) => id),
        small,
      );
      return rows.map(toStoredAttachment);
    },

    async lastSound(userId) {
      const row = await trx
        .selectFrom('attachments')
        .selectAll()
        .where('user_id', '=', userId)
        .where('sniffed_kind', 'in', ['audio', 'video'])
        .where('state', 'in', ['read', 'failed'])
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && toStoredAttachment(row);
    },
  };
}

/** The newest files whose text together fits `recalledUnits`; of the others the facts must do. */
function withinBudget(newestFirst: readonly { id: string; units: number | null }[]): ReadonlySet<string> {
  const ids = new Set<string>();
  let left = recalledUnits;
  for (const { id, units } of newestFirst) {
    left -= Number(units ?? 0);
    if (left >= 0) ids.add(id);
  }
  return ids;
}
