import type { BroadcastContent } from '#src/domain/broadcast.ts';
import type { BroadcastStore } from '#src/ports/broadcasts.ts';
import { readPersonFacts } from './broadcast-people.ts';
import { createCalledBackParts } from './called-back-parts.ts';
import { inChunks } from './in-chunks.ts';
import { isPending } from './partial-indexes.ts';
import { isSqlite } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

/** What the owner says to many. Everything a recipient goes through happens in the transaction that stores their message. */
export function createBroadcastStore(context: StoreContext): BroadcastStore {
  const { trx, clock, newId } = context;
  const now = () => clock.now().toISOString();
  return {
    ...createCalledBackParts(context),

    people: (recipients, since) => readPersonFacts(trx, recipients, since),

    async create({ name, content, recipients, idempotency }) {
      const id = newId();
      const created_at = now();
      await trx
        .insertInto('broadcasts')
        .values({
          id,
          name: name ?? null,
          content: JSON.stringify(content),
          state: 'running',
          reason: null,
          total: recipients.length,
          watched_from: created_at,
          idempotency_key: idempotency?.key ?? null,
          digest: idempotency?.digest ?? null,
          created_at,
          updated_at: created_at,
        })
        .execute();
      const rows = recipients.map(({ userId, kind, given, values, skipped }, position) => ({
        id: newId(),
        broadcast_id: id,
        position,
        user_id: userId ?? null,
        given_kind: kind,
        given,
        template_values: JSON.stringify(values),
        state: skipped ? ('skipped' as const) : ('waiting' as const),
        reason_code: skipped?.code ?? null,
        reason: skipped?.words ?? null,
        message_id: null,
        handed_at: null,
        tries: 0,
        created_at,
      }));
      await inChunks(rows, (chunk) =>
        trx
          .insertInto('broadcast_recipients')
          .values([...chunk])
          .execute(),
      );
      return id;
    },

    async earlier(key) {
      const row = await trx
        .selectFrom('broadcasts')
        .select(['id', 'digest'])
        .where('idempotency_key', '=', key)
        .executeTakeFirst();
      return row && { broadcastId: row.id, digest: row.digest ?? '' };
    },

    async take(id) {
      const row = await trx
        .selectFrom('broadcasts')
        .select(['state', 'content'])
        .where('id', '=', id)
        .$if(!isSqlite(trx), (query) => query.forUpdate())
        .executeTakeFirst();
      return row && { state: row.state, content: JSON.parse(row.content) as BroadcastContent };
    },

    async change(id, { state, reason, isFresh = false }) {
      await trx
        .updateTable('broadcasts')
        .set({
          state,
          reason: reason ?? null,
          updated_at: now(),
          ...(isFresh && { watched_from: now() }),
        })
        .where('id', '=', id)
        .execute();
    },

    async waiting(id, limit) {
      const rows = await trx
        .selectFrom('broadcast_recipients')
        .select(['id', 'user_id', 'given_kind', 'given', 'template_values'])
        .where('broadcast_id', '=', id)
        .where('state', '=', 'waiting')
        .orderBy('position')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        userId: row.user_id ?? undefined,
        kind: row.given_kind,
        given: row.given,
        values: JSON.parse(row.template_values) as Record<string, string>,
      }));
    },

    async handOut(recipientId, outcome) {
      const { numUpdatedRows } = await trx
        .updateTable('broadcast_recipients')
        .set((row) =>
          'skipped' in outcome
            ? { state: 'skipped', reason_code: outcome.skipped.code, reason: outcome.skipped.words }
            : {
                state: 'handed',
                user_id: outcome.userId,
                message_id: outcome.messageId,
                handed_at: now(),
                tries: row('tries', '+', 1),
              },
        )
        .where('id', '=', recipientId)
        .where('state', '=', 'waiting')
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async hasGot(id, userId) {
      const row = await trx
        .selectFrom('broadcast_recipients')
        .select('id')
        .where('user_id', '=', userId)
        .where('broadcast_id', '=', id)
        .where('state', '=', 'handed')
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async countPending(id) {
      const { count } = await trx
        .selectFrom('outbound_parts')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where(isPending)
        // Few are pending, and each is looked up: the list itself may be long.
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('broadcast_recipients')
              .select('broadcast_recipients.id')
              .whereRef('broadcast_recipients.message_id', '=', 'outbound_parts.message_id')
              .where('broadcast_recipients.broadcast_id', '=', id),
          ),
        )
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async latestOutcomes(id, limit) {
      const rows = await trx
        .selectFrom('broadcast_recipients')
        .innerJoin('broadcasts', 'broadcasts.id', 'broadcast_recipients.broadcast_id')
        .innerJoin('outbound_parts', 'outbound_parts.message_id', 'broadcast_recipients.message_id')
        .select('outbound_parts.state')
        .where('broadcast_recipients.broadcast_id', '=', id)
        .whereRef('broadcast_recipients.handed_at', '>=', 'broadcasts.watched_from')
        .where('outbound_parts.state', 'not in', ['queued', 'sending', 'held'])
        .orderBy('broadcast_recipients.handed_at', 'desc')
        .orderBy('broadcast_recipients.position', 'desc')
        .limit(limit)
        .execute();
      return { finished: rows.length, failed: rows.filter(({ state }) => state === 'failed').length };
    },

    async requeueFailed(id) {
      const { numUpdatedRows } = await trx
        .updateTable('broadcast_recipients')
        .set({ state: 'waiting', message_id: null, handed_at: null })
        .where('broadcast_id', '=', id)
        .where('state', '=', 'handed')
        .where('message_id', 'in', (query) =>
          query
            .selectFrom('outbound_parts')
            .select('outbound_parts.message_id')
            .whereRef('outbound_parts.message_id', '=', 'broadcast_recipients.message_id')
            .where('outbound_parts.state', '=', 'failed'),
        )
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },

    async running() {
      const rows = await trx.selectFrom('broadcasts').select('id').where('state', '=', 'running').execute();
      return rows.map((row) => row.id);
    },
  };
}
