import type { OutboxStore, PartAtHand } from '#src/ports/stores.ts';
import { insertOutbound, toQueuedPart } from './outbound-rows.ts';
import { isPending } from './partial-indexes.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Texts on their way out, part by part. */
export function createOutboxStore(context: StoreContext): OutboxStore {
  const { trx, clock } = context;
  const now = () => clock.now().toISOString();
  /** The fence: a part that somebody else has taken on since is not touched. */
  const change = ({ id, state, attempts }: PartAtHand) =>
    trx
      .updateTable('outbound_parts')
      .where('id', '=', id)
      .where('state', '=', state)
      .where('attempts', '=', attempts);
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
        isBegun: false,
      });
    },

    async pending(userId) {
      const rows = await trx
        .selectFrom('outbound_parts')
        .selectAll()
        .where('user_id', '=', userId)
        .where(isPending)
        // Ids sort by creation, and the parts of a message are created in order.
        .orderBy('id')
        .execute();
      return rows.map(toQueuedPart);
    },

    async sending(part) {
      const { numUpdatedRows } = await change(part)
        .set((row) => ({
          state: 'sending',
          attempts: row('attempts', '+', 1),
          first_tried_at: row.fn.coalesce('first_tried_at', row.val(now())),
        }))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async queuedAgain(part) {
      const { numUpdatedRows } = await change(part).set({ state: 'queued' }).executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async sent(part, providerId) {
      const { numUpdatedRows } = await change(part)
        .set({ state: 'sent', provider_id: providerId, sent_at: now(), error_code: null })
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async failed(part, errorCode) {
      const [ended] = await change(part)
        .set({ state: 'failed', error_code: errorCode })
        .returning(['message_id', 'position'])
        .execute();
      if (!ended) return false;
      await trx
        .updateTable('outbound_parts')
        .set({ state: 'failed', error_code: errorCode })
        .where('message_id', '=', ended.message_id)
        .where('position', '>', ended.position)
        .where(isPending)
        .execute();
      await trx
        .updateTable('messages')
        .set({ error_message: `not delivered: ${errorCode}` })
        .where('id', '=', ended.message_id)
        .execute();
      return true;
    },
  };
}
