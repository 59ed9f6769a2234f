import type { Kysely, Selectable } from 'kysely';
import { type BroadcastContent, type RecipientState, recipientStates } from '#src/domain/broadcast.ts';
import type { OutboundState } from '#src/domain/delivery.ts';
import type { BroadcastReads, BroadcastView } from '#src/ports/broadcasts.ts';
import type { BroadcastRow } from './broadcast-tables.ts';
import { readParts } from './part-views.ts';
import { readPage } from './read-pages.ts';
import type { Database } from './schema.ts';

/** A recipient's state by that of their message. */
const stateOf: Readonly<Record<OutboundState, RecipientState>> = {
  queued: 'queued',
  sending: 'queued',
  held: 'held',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  played: 'read',
  failed: 'failed',
};

/** The broadcasts part of the read model. */
export function createBroadcastReads(db: Kysely<Database>): BroadcastReads {
  return {
    listBroadcasts: (page) => readPage(db.selectFrom('broadcasts').selectAll(), page, toView),

    async findBroadcast(id) {
      const row = await db.selectFrom('broadcasts').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return null;
      const counts = await db
        .selectFrom('broadcast_recipients as recipient')
        .leftJoin('outbound_parts as part', 'part.message_id', 'recipient.message_id')
        .select(['recipient.state', 'part.state as part'])
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('recipient.broadcast_id', '=', id)
        .groupBy(['recipient.state', 'part.state'])
        .execute();
      const progress = Object.fromEntries(recipientStates.map((state) => [state, 0])) as Record<
        RecipientState,
        number
      >;
      for (const { state, part, count } of counts)
        progress[toState(state, part ?? undefined)] += Number(count);
      return { ...toView(row), progress };
    },

    async listRecipients(broadcastId, { state }, page) {
      let query = db.selectFrom('broadcast_recipients').selectAll().where('broadcast_id', '=', broadcastId);
      if (state === 'waiting' || state === 'skipped') query = query.where('state', '=', state);
      else if (state) {
        const parts = Object.entries(stateOf).flatMap(([part, its]) => (its === state ? [part] : []));
        query = query.where('state', '=', 'handed').where('message_id', 'in', (subquery) =>
          subquery
            .selectFrom('outbound_parts')
            .select('outbound_parts.message_id')
            .whereRef('outbound_parts.message_id', '=', 'broadcast_recipients.message_id')
            .where('outbound_parts.state', 'in', parts as OutboundState[]),
        );
      }
      const { items, next } = await readPage(query, page, (row) => row);
      const parts = await readParts(
        db,
        items.flatMap((row) => row.message_id ?? []),
      );
      return {
        items: items.map((row) => {
          const part = parts.get(row.message_id ?? '')?.[0];
          return {
            id: row.id,
            position: row.position,
            recipient: row.given,
            user_id: row.user_id,
            message_id: row.message_id,
            state: toState(row.state, part?.state),
            reason_code: row.reason_code ?? part?.error_code ?? null,
            reason: row.reason ?? part?.error_reason ?? null,
            tries: row.tries,
            handed_at: row.handed_at,
          };
        }),
        next,
      };
    },
  };
}

function toState(state: 'waiting' | 'handed' | 'skipped', part: OutboundState | undefined): RecipientState {
  if (state !== 'handed') return state;
  return part === undefined ? 'queued' : stateOf[part];
}

function toView(row: Selectable<BroadcastRow>): BroadcastView {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    reason: row.reason,
    content: JSON.parse(row.content) as BroadcastContent,
    total: row.total,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}
