import { sql } from 'kysely';
import { LostLease } from '#src/domain/errors.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { ConversationStore } from '#src/ports/stores.ts';
import {
  type OutboundDetails,
  readAttachments,
  readAttachmentsById,
  toStoredAttachment,
} from './message-rows.ts';
import { type Given, insertion, isSqlite, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Text of earlier files that is loaded for one question: several long reports, but not a library. In UTF-16 units. */
const recalledUnits = 3_000_000;

const touchActive = statement((db, given: Given<{ userId: string; now: string }>) =>
  db
    .updateTable('conversations')
    .set({ updated_at: given.now })
    .where('user_id', '=', given.userId)
    .where('is_active', '=', 1)
    .returning('id'),
);

/**
 * Who is none any more has no conversations: they went to whoever they turned out to be, maybe while the caller was at work, who finds
 * that out by looking again. On Postgres this waits for a merge that is under way, and holds up one that comes.
 */
const selectOwner = statement((db, given: Given<{ userId: string }>) => {
  const query = db.selectFrom('users').select('merged_into').where('id', '=', given.userId);
  return isSqlite(db) ? query : query.forShare();
});

const insertConversation = insertion('conversations');

const nameUntitled = statement((db, given: Given<{ id: string; title: string }>) =>
  db
    .updateTable('conversations')
    .set({ title: given.title })
    .where('id', '=', given.id)
    .where('title', 'is', null),
);

const selectHistory = statement(
  (db, given: Given<{ conversationId: string; beforeTurn: string; limit: number }>) =>
    db
      .selectFrom('messages')
      .select(['id', 'turn_id', 'direction', 'content', 'details', 'media'])
      .where('conversation_id', '=', given.conversationId)
      // Only finished exchanges: turn ids sort by time, and refused messages have no turn.
      .where('turn_id', '<', given.beforeTurn)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(given.limit),
);

const selectFileSizes = statement(
  (db, given: Given<{ conversationId: string; beforeTurn: string; limit: number }>) =>
    db
      .selectFrom('attachments')
      .innerJoin('messages', 'messages.id', 'attachments.message_id')
      .select(['attachments.id', sql<number | null>`length(attachments.extracted_text)`.as('units')])
      .where('attachments.conversation_id', '=', given.conversationId)
      .where('attachments.state', '=', 'read')
      .where('messages.turn_id', '<', given.beforeTurn)
      .orderBy('attachments.id', 'desc')
      .limit(given.limit),
);

/** A person's conversations; one is active at a time. */
export function createConversationStore({ trx, clock, newId }: StoreContext): ConversationStore {
  return {
    async active(userId) {
      const now = clock.now().toISOString();
      const existing = await touchActive.first(trx, { userId, now });
      if (existing) return existing.id;
      if ((await selectOwner.first(trx, { userId }))?.merged_into)
        throw new LostLease('the person has turned out to be somebody else');
      const id = newId();
      const times = { created_at: now, updated_at: now };
      await insertConversation(trx, { id, user_id: userId, title: null, is_active: 1, ...times });
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
      await nameUntitled.change(trx, { id: conversationId, title });
    },

    async history(conversationId, { beforeTurn, limit }) {
      if (limit === 0) return [];
      const rows = await selectHistory.all(trx, { conversationId, beforeTurn, limit });
      const attachments = await readAttachments(trx, rows, { withText: false });
      // Each answer behind its question: while one was written the person may have sent the next.
      const keyOf = (row: (typeof rows)[number]) => `${row.turn_id} ${row.id}`;
      const exchanges = rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
      return exchanges.map((row) => {
        const { note, historyFrom } = JSON.parse(row.details) as OutboundDetails &
          Pick<InboundMessage, 'note'>;
        return {
          id: row.id,
          fromPerson: row.direction === 'inbound',
          text: [row.content, note && `[${note}]`].filter(Boolean).join('\n'),
          attachments: attachments.filter((file) => file.message_id === row.id).map(toStoredAttachment),
          historyFrom,
        };
      });
    },

    async files(conversationId, { beforeTurn, limit }) {
      const sizes = await selectFileSizes.all(trx, { conversationId, beforeTurn, limit });
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
