import { sql } from 'kysely';
import { LostLease } from '#src/domain/errors.ts';
import type { Verdict } from '#src/domain/message.ts';
import type { InboxStore } from '#src/ports/stores.ts';
import { acceptMessages } from './accept-messages.ts';
import { inChunks } from './in-chunks.ts';
import { readAttachments, toStoredMessage } from './message-rows.ts';
import { isPending, isUnfinished } from './partial-indexes.ts';
import { type Given, isOneOf, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

/** As a literal, not as a bound value: only so does the planner see that the partial index `messages_undecided` fits. */
const inbound = sql.lit('inbound' as const);

const selectUndecided = statement((db, given: Given<{ userId: string }>) =>
  db
    .selectFrom('messages')
    .selectAll()
    .where('user_id', '=', given.userId)
    .where('verdict', 'is', null)
    .where('direction', '=', inbound)
    .orderBy('id'),
);

/** The fence: messages that were decided on are left alone. */
const decideUnanswered = statement((db, given: Given<{ ids: readonly string[]; verdict: Verdict }>) =>
  db
    .updateTable('messages')
    .set({ verdict: given.verdict, is_processed: 1 })
    .where(isOneOf(db, 'id', given.ids))
    .where('verdict', 'is', null),
);

/** What has come in, and what was decided about it. */
export function createInboxStore(context: StoreContext): InboxStore {
  const { trx } = context;
  return {
    accept: (messages, isWelcome) => acceptMessages(context, messages, isWelcome),

    async undecided(userId) {
      const rows = await selectUndecided.all(trx, { userId });
      // A caption makes a command only where there is no file.
      const attachments = await readAttachments(trx, rows, { withText: false });
      return rows.map((row) => toStoredMessage(row, attachments));
    },

    async limit(until) {
      for (const [time, messageIds] of groupBy(until, (date) => date.toISOString())) {
        await inChunks(messageIds, (ids) =>
          trx.updateTable('messages').set({ limited_until: time }).where('id', 'in', ids).execute(),
        );
      }
    },

    async leaveUnanswered(verdicts) {
      for (const [verdict, ids] of groupBy(verdicts, (given) => given)) {
        const decided = await decideUnanswered.change(trx, { ids, verdict });
        if (decided < ids.length) throw new LostLease('the messages were decided on elsewhere');
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
function groupBy<Value, Group extends string>(
  map: ReadonlyMap<string, Value>,
  group: (value: Value) => Group,
): Map<Group, string[]> {
  const groups = Map.groupBy(map, ([, value]) => group(value));
  return new Map([...groups].map(([name, entries]) => [name, entries.map(([key]) => key)]));
}
