import { type SqlBool, sql } from 'kysely';
import type { BroadcastStore } from '#src/ports/broadcasts.ts';
import { undelivered } from './delivery-statements.ts';
import { inChunks } from './in-chunks.ts';
import { isHeld, isPending } from './partial-indexes.ts';
import type { StoreContext } from './unit-of-work.ts';
import { personOfPart } from './whose-part.ts';

/*
 * What a broadcast has handed to people's lanes and is not begun is held while the broadcast is not to go on: it keeps its id, so that
 * a late report of an earlier attempt still finds it, and lanes go on without it. Lanes pay nothing for that; whoever saw a part before
 * it was called back finds that it cannot be begun any more.
 */

/** What is written on a part that was called back; it tells it from what waits for its person. */
const calledBack = { code: 'broadcast_paused', words: 'its broadcast is paused or has stopped' } as const;

/** Of held parts: whether their person only has to write. */
export const waitsForPerson = sql<SqlBool>`coalesce(outbound_parts.error_code, '') <> ${sql.lit(calledBack.code)}`;
const isCalledBack = sql<SqlBool>`outbound_parts.error_code = ${sql.lit(calledBack.code)}`;

/** Takes parts of broadcasts out of lanes, and puts them back or ends them. */
export function createCalledBackParts({
  trx,
  clock,
}: StoreContext): Pick<BroadcastStore, 'callBack' | 'putBack' | 'skipWaiting'> {
  /** Few parts are unfinished, and each is looked up: the list itself may be long. */
  const partsOf = (broadcastId: string) =>
    trx
      .updateTable('outbound_parts')
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('broadcast_recipients')
            .select('broadcast_recipients.id')
            .whereRef('broadcast_recipients.message_id', '=', 'outbound_parts.message_id')
            .where('broadcast_recipients.broadcast_id', '=', broadcastId),
        ),
      );

  async function endCalledBack(
    broadcastId: string,
    { code, words }: { code: string; words: string },
  ): Promise<void> {
    const ended = await partsOf(broadcastId)
      .set({
        state: 'failed',
        error_code: code,
        error_reason: words,
        failed_at: clock.now().toISOString(),
        not_before: null,
      })
      .where(isHeld)
      .where(isCalledBack)
      .returning(['message_id', 'attempts', 'excused'])
      .execute();
    await inChunks(
      ended.map((part) => part.message_id),
      (ids) =>
        trx
          .updateTable('messages')
          .set({ error_message: undelivered(code, words) })
          .where('id', 'in', ids)
          .execute(),
    );
    // What was tried before counts as failed: a provider may have it, and say later that it arrived.
    const untried = ended.filter((part) => part.attempts === part.excused);
    await inChunks(
      untried.map((part) => part.message_id),
      (ids) =>
        trx
          .updateTable('broadcast_recipients')
          .set({ state: 'skipped', reason_code: code, reason: words })
          .where('broadcast_id', '=', broadcastId)
          .where('message_id', 'in', ids)
          .execute(),
    );
  }

  return {
    async callBack(id) {
      const call = partsOf(id)
        .set({
          state: 'held',
          user_id: personOfPart,
          error_code: calledBack.code,
          error_reason: calledBack.words,
          error_title: null,
        })
        .returning('user_id');
      // Each by its own index; what waits for its person must not go out either once they write.
      const called = [
        ...(await call.where(isHeld).execute()),
        ...(await call.where('state', '=', 'queued').where(isPending).execute()),
      ];
      return [...new Set(called.map((part) => part.user_id))];
    },

    async putBack(id) {
      const back = await partsOf(id)
        .set({ state: 'queued', error_code: null, error_reason: null })
        .where(isHeld)
        .where(isCalledBack)
        .returning('user_id')
        .execute();
      return [...new Set(back.map((part) => part.user_id))];
    },

    async skipWaiting(id, reason) {
      await trx
        .updateTable('broadcast_recipients')
        .set({ state: 'skipped', reason_code: reason.code, reason: reason.words })
        .where('broadcast_id', '=', id)
        .where('state', '=', 'waiting')
        .execute();
      await endCalledBack(id, reason);
    },
  };
}
