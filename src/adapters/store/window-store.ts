import { sql } from 'kysely';
import type { ChannelName } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { PartAtHand } from '#src/ports/outbox.ts';
import type { HoldReason, WindowStore } from '#src/ports/outreach.ts';
import { waitsForPerson } from './called-back-parts.ts';
import { isHeld, isUntold } from './partial-indexes.ts';
import { type Given, isOneOf, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';
import { personNow, personOfPart } from './whose-part.ts';

/** After an outage messages come in any order: the latest of a few is looked for. */
const lookedThrough = 10;

const selectLatest = statement((db, given: Given<{ userId: string; channel: ChannelName; limit: number }>) =>
  db
    .selectFrom('messages')
    .select(['details', 'created_at'])
    .where('user_id', '=', personNow(given.userId))
    .where('direction', '=', 'inbound')
    .where('channel', '=', given.channel)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(given.limit),
);

const selectOptedOut = statement((db, given: Given<{ userId: string }>) =>
  db
    .selectFrom('users')
    .select('users.id')
    .where('users.id', '=', personNow(given.userId))
    .where('users.opted_out_at', 'is not', null),
);

type Hold = PartAtHand & HoldReason;

const holdPart = statement((db, given: Given<Hold>) =>
  db
    .updateTable('outbound_parts')
    .set((row) => ({
      state: 'held',
      // Where it is looked for when they write.
      user_id: personOfPart,
      error_code: given.code,
      error_reason: given.words,
      error_title: null,
      excused: row.ref('attempts'),
      // The attempt is over and known not to have gone out: nobody must look for it.
      first_tried_at: null,
      not_before: null,
    }))
    .where('id', '=', given.id)
    .where('state', '=', given.state)
    .where('attempts', '=', given.attempts),
);

const releaseParts = statement(
  (db, given: Given<{ ids: readonly string[]; channel: ChannelName; to: string; from: string }>) =>
    db
      .updateTable('outbound_parts')
      .set({
        state: 'queued',
        error_code: null,
        error_reason: null,
        error_title: null,
        failed_at: null,
        channel: given.channel,
        to_address: given.to,
        from_address: given.from,
        // A quotation means nothing on another channel, and nothing else than text goes there.
        extras: sql<string | null>`case when channel = ${given.channel} then extras end`,
      })
      .where(isOneOf(db, 'id', given.ids))
      .where(isHeld),
);

/** Whether a part is nothing but its text: then it can go another way, as a quotation is no loss. */
function isMereText(extras: string | null): boolean {
  return extras === null || Object.keys(JSON.parse(extras) as PartExtras).every((name) => name === 'quotes');
}

/** When people last wrote, and what waits for them to write again. */
export function createWindowStore({ trx, clock }: StoreContext): WindowStore {
  const now = () => clock.now().toISOString();
  return {
    async lastWrote(userId, channel) {
      const rows = await selectLatest.all(trx, { userId, channel, limit: lookedThrough });
      const times = rows.flatMap(({ details, created_at }) => {
        const { sentAtMs, change } = JSON.parse(details) as Pick<InboundMessage, 'sentAtMs' | 'change'>;
        // A new number is the provider's word, and a correction nothing new.
        return change ? [] : [sentAtMs ?? Date.parse(created_at)];
      });
      return times.length === 0 ? undefined : new Date(Math.max(...times));
    },

    async hasOptedOut(userId) {
      return (await selectOptedOut.first(trx, { userId })) !== undefined;
    },

    async hold({ id, state, attempts }, { code, words }) {
      return (await holdPart.change(trx, { id, state, attempts, code, words })) > 0;
    },

    async markHeld(userId, { isTold }) {
      const { numUpdatedRows } = await trx
        .updateTable('users')
        .set({ held_since: now(), untold_since: isTold ? null : now() })
        .where('users.id', '=', personNow(sql<string>`${userId}`))
        .where(({ or, eb, exists, selectFrom }) =>
          or([
            eb('users.held_since', 'is', null),
            isUntold,
            // They have written since, elsewhere: what did not fit there still waits, but they were told of it long ago.
            exists(
              selectFrom('messages')
                .select('messages.id')
                .whereRef('messages.user_id', '=', 'users.id')
                .where('messages.direction', '=', 'inbound')
                .whereRef('messages.created_at', '>', 'users.held_since'),
            ),
          ]),
        )
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },

    async untold(partId) {
      const part = await trx
        .selectFrom('outbound_parts')
        .select([personOfPart.as('user_id'), 'created_at'])
        .where('id', '=', partId)
        .executeTakeFirst();
      if (!part) return;
      await trx
        .updateTable('users')
        .set({ untold_since: now() })
        .where('id', '=', part.user_id)
        // What is held since then was announced anew.
        .where('held_since', '<=', part.created_at)
        .execute();
    },

    async whoIsUntold(channel, { after, limit }) {
      const rows = await trx
        .selectFrom('users')
        .innerJoin('outbound_parts', 'outbound_parts.user_id', 'users.id')
        .select([
          'users.id as userId',
          'outbound_parts.to_address as to',
          'outbound_parts.from_address as from',
        ])
        .where(isUntold)
        .where('users.held_since', 'is not', null)
        .where('users.opted_out_at', 'is', null)
        .where('users.id', '>', after)
        .where(isHeld)
        .where(waitsForPerson)
        .where('outbound_parts.channel', '=', channel)
        .orderBy('users.id')
        .orderBy('outbound_parts.id')
        .limit(limit)
        .execute();
      return [...new Map(rows.map((row) => [row.userId, { ...row, channel }])).values()];
    },

    async release(userId, { channel, to, from, textUnits }) {
      const held = await trx
        .selectFrom('outbound_parts')
        .select(['id', 'channel', 'text', 'extras'])
        .where('user_id', '=', userId)
        .where(isHeld)
        .where(waitsForPerson)
        .orderBy('id')
        .execute();
      const foreign = held.filter((part) => part.channel !== channel);
      const fits = foreign.every((part) => isMereText(part.extras) && part.text.length <= textUnits);
      const released = fits ? held : held.filter((part) => part.channel === channel);
      const ids = released.map((part) => part.id);
      if (ids.length > 0) await releaseParts.change(trx, { ids, channel, to, from });
      if (released.length < held.length) return;
      await trx
        .updateTable('users')
        .set({ held_since: null, untold_since: null })
        .where('id', '=', userId)
        .execute();
    },
  };
}
