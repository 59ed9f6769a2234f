import type { OutboxStore } from '#src/ports/stores.ts';
import { insertOutbound } from './outbound-rows.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Texts on their way out, part by part. */
export function createOutboxStore(context: StoreContext): OutboxStore {
  const { trx, clock } = context;
  const now = () => clock.now().toISOString();
  return {
    async queueNotice(to, parts) {
      await insertOutbound(context, {
        userId: to.userId,
        conversationId: null,
        turnId: null,
        channel: to.channel,
        to: to.replyAddress,
        from: to.ownAddress,
        text: parts.join('\n'),
        model: null,
        parts,
      });
    },

    async pending(userId) {
      const rows = await trx
        .selectFrom('outbound_parts')
        .selectAll()
        .where('user_id', '=', userId)
        .where('state', 'in', ['queued', 'sending'])
        // Ids sort by creation, and the parts of a message are created in order.
        .orderBy('id')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        channel: row.channel,
        to: row.to_address,
        from: row.from_address,
        text: row.text,
        turnId: row.turn_id ?? undefined,
        state: row.state === 'sending' ? ('sending' as const) : ('queued' as const),
        attempts: row.attempts,
        firstTriedAt: row.first_tried_at ? new Date(row.first_tried_at) : undefined,
      }));
    },

    async sending(partId) {
      await trx
        .updateTable('outbound_parts')
        .set((row) => ({
          state: 'sending',
          attempts: row('attempts', '+', 1),
          first_tried_at: row.fn.coalesce('first_tried_at', row.val(now())),
        }))
        .where('id', '=', partId)
        .execute();
    },

    async queuedAgain(partId) {
      await trx.updateTable('outbound_parts').set({ state: 'queued' }).where('id', '=', partId).execute();
    },

    async sent(partId, providerId) {
      await trx
        .updateTable('outbound_parts')
        .set({ state: 'sent', provider_id: providerId, sent_at: now(), error_code: null })
        .where('id', '=', partId)
        .execute();
    },

    async failed(partId, errorCode) {
      const part = await trx
        .selectFrom('outbound_parts')
        .select(['message_id', 'position'])
        .where('id', '=', partId)
        .executeTakeFirst();
      if (!part) return;
      await trx
        .updateTable('outbound_parts')
        .set({ state: 'failed', error_code: errorCode })
        .where('message_id', '=', part.message_id)
        .where('position', '>=', part.position)
        .where('state', 'in', ['queued', 'sending'])
        .execute();
      await trx
        .updateTable('messages')
        .set({ error_message: `not delivered: ${errorCode}` })
        .where('id', '=', part.message_id)
        .execute();
    },
  };
}
