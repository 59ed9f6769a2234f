import { type Kysely, type SqlBool, sql } from 'kysely';
import { CalledBack, OptedOut } from '#src/domain/errors.ts';
import type { OutboxStore, PartAtHand } from '#src/ports/outbox.ts';
import { undelivered } from './delivery-statements.ts';
import { insertOutbound, toQueuedPart } from './outbound-rows.ts';
import { isPending } from './partial-indexes.ts';
import { reroutePart } from './reroute-part.ts';
import type { Database } from './schema.ts';
import { type Given, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';
import { personNow, personOfPart, wantsNothing } from './whose-part.ts';

const selectPending = statement((db, given: Given<{ userId: string }>) =>
  db
    .selectFrom('outbound_parts')
    .selectAll()
    .where('user_id', '=', given.userId)
    .where(isPending)
    // Ids sort by creation, and the parts of a message are created in order.
    .orderBy('id'),
);

/** The fence: a part that somebody else has taken on since is not touched. */
const changePart = (db: Kysely<Database>, part: Given<PartAtHand>) =>
  db
    .updateTable('outbound_parts')
    .where('id', '=', part.id)
    .where('state', '=', part.state)
    .where('attempts', '=', part.attempts);

/** Whether the person a part is for wants no messages by now. */
const isUnwanted = (db: Kysely<Database>) =>
  sql<SqlBool>`(outbound_parts.despite_opt_out = 0 and ${wantsNothing(db, sql`outbound_parts.user_id`)})`;

const selectUnwanted = statement((db, given: Given<{ id: string }>) =>
  db.selectFrom('outbound_parts').select('id').where('id', '=', given.id).where(isUnwanted(db)),
);

/** Whether a part waits or is over, without anybody having begun it since. */
const selectCalledBack = statement((db, given: Given<{ id: string; attempts: number }>) =>
  db
    .selectFrom('outbound_parts')
    .select('id')
    .where('id', '=', given.id)
    .where('attempts', '=', given.attempts)
    .where('state', 'in', [sql.lit('held' as const), sql.lit('failed' as const)]),
);

const beginPart = statement((db, given: Given<PartAtHand & { now: string }>) =>
  changePart(db, given)
    .where(({ not }) => not(isUnwanted(db)))
    .set((row) => ({
      state: 'sending',
      attempts: row('attempts', '+', 1),
      first_tried_at: row.fn.coalesce('first_tried_at', given.now),
      tried_at: given.now,
    })),
);

const endPart = statement((db, given: Given<PartAtHand & { providerId: string; now: string }>) =>
  changePart(db, given).set({
    state: 'sent',
    user_id: personOfPart,
    provider_id: given.providerId,
    sent_at: given.now,
    not_before: null,
    error_code: null,
    error_title: null,
    error_reason: null,
    failed_at: null,
  }),
);

/** Whether a report has told already that this attempt is out. */
const selectReported = statement((db, given: Given<{ id: string; attempts: number; providerId: string }>) =>
  db
    .selectFrom('outbound_parts')
    .select('id')
    .where('id', '=', given.id)
    .where('attempts', '=', given.attempts)
    .where('provider_id', '=', given.providerId),
);

const requeuePart = statement((db, given: Given<PartAtHand & { excused: number }>) =>
  changePart(db, given).set((row) => ({ state: 'queued', excused: row('excused', '+', given.excused) })),
);

const postponePart = statement((db, given: Given<PartAtHand & { until: string }>) =>
  changePart(db, given).set((row) => ({
    state: 'queued',
    excused: row('excused', '+', 1),
    not_before: given.until,
  })),
);

type Failure = { errorCode: string; reason: string | null; now: string };

const failPart = statement((db, given: Given<PartAtHand & Failure>) =>
  changePart(db, given)
    .set({
      state: 'failed',
      user_id: personOfPart,
      error_code: given.errorCode,
      error_reason: given.reason,
      failed_at: given.now,
    })
    .returning(['message_id', 'position']),
);

/** Texts on their way out, part by part. */
export function createOutboxStore(context: StoreContext): OutboxStore {
  const { trx, clock } = context;
  const now = () => clock.now().toISOString();
  return {
    async queueNotice(to, parts, { despiteOptOut, extras } = {}) {
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
        despiteOptOut,
        extras,
      });
    },

    async usersWaiting() {
      const rows = await trx
        .selectFrom('outbound_parts')
        .select('user_id')
        .distinct()
        .where(isPending)
        .where('state', '=', 'queued')
        .execute();
      return rows.map((row) => row.user_id);
    },

    async pending(userId) {
      const rows = await selectPending.all(trx, { userId });
      return rows.map(toQueuedPart);
    },

    async sending(part) {
      if ((await beginPart.change(trx, { ...part, now: now() })) > 0) return true;
      if (await selectUnwanted.first(trx, { id: part.id })) throw new OptedOut();
      if (await selectCalledBack.first(trx, { id: part.id, attempts: part.attempts })) throw new CalledBack();
      return false;
    },

    async queuedAgain(part, isExcused = false) {
      return (await requeuePart.change(trx, { ...part, excused: isExcused ? 1 : 0 })) > 0;
    },

    async postponed(part, until) {
      return (await postponePart.change(trx, { ...part, until: until.toISOString() })) > 0;
    },

    async sent(part, providerId) {
      if ((await endPart.change(trx, { ...part, providerId, now: now() })) > 0) return true;
      const { id, attempts } = part;
      return (await selectReported.first(trx, { id, attempts, providerId })) !== undefined;
    },

    async failed(part, errorCode, reason) {
      const failure = { errorCode, reason: reason ?? null, now: now() };
      const ended = await failPart.first(trx, { ...part, ...failure });
      if (!ended) return false;
      await trx
        .updateTable('outbound_parts')
        .set({
          state: 'failed',
          user_id: personOfPart,
          error_code: errorCode,
          error_reason: failure.reason,
          failed_at: failure.now,
        })
        .where('message_id', '=', ended.message_id)
        .where('position', '>', ended.position)
        .where(isPending)
        .execute();
      await trx
        .updateTable('messages')
        .set({ error_message: undelivered(errorCode, reason) })
        .where('id', '=', ended.message_id)
        .execute();
      return true;
    },

    async otherAddress(userId, { channels, since }) {
      if (channels.length === 0) return undefined;
      const last = await trx
        .selectFrom('messages')
        .select(['channel', 'reply_address', 'own_address'])
        .where('user_id', '=', personNow(sql<string>`${userId}`))
        .where('direction', '=', 'inbound')
        .where('channel', 'in', [...channels])
        .where('created_at', '>=', since.toISOString())
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return last && { channel: last.channel, to: last.reply_address, from: last.own_address };
    },

    reroute: (part, address, texts) => reroutePart(trx, part, { address, texts }),
  };
}
