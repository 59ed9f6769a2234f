import type { ChannelName } from '#src/domain/identity.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { ChoiceStore } from '#src/ports/choices.ts';
import { type Details, readDetails } from './message-rows.ts';
import { type Given, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

type Place = { userId: string; channel: ChannelName; since: string; at: string };

/** What came out last; an attempt begins before anybody can answer to it, and its success is stored afterwards. */
const selectLastSaid = statement((db, given: Given<Place>) =>
  db
    .selectFrom('messages')
    .innerJoin('outbound_parts', 'outbound_parts.message_id', 'messages.id')
    .select(['outbound_parts.extras', 'outbound_parts.provider_id', 'outbound_parts.tried_at'])
    .where('messages.user_id', '=', given.userId)
    .where('messages.direction', '=', 'outbound')
    .where('outbound_parts.channel', '=', given.channel)
    .where('outbound_parts.state', 'in', ['sent', 'delivered', 'read', 'played'])
    // Not by when it was written: what waited for long may be what they answer to.
    .where('outbound_parts.tried_at', '>=', given.since)
    .where('outbound_parts.tried_at', '<=', given.at)
    .orderBy('outbound_parts.tried_at', 'desc')
    .orderBy('outbound_parts.id', 'desc')
    .limit(1),
);

const selectHeardSince = statement((db, given: Given<Place & { messageId: string }>) =>
  db
    .selectFrom('messages')
    .select('details')
    .where('user_id', '=', given.userId)
    .where('created_at', '>=', given.since)
    .where('direction', '=', 'inbound')
    .where('channel', '=', given.channel)
    .where('id', '<', given.messageId),
);

/** What people can choose from, and what they chose. */
export function createChoiceStore({ trx }: StoreContext): ChoiceStore {
  return {
    async offeredBefore({ id, userId, channel, receivedAt }, since) {
      const place = { userId, channel, since: since.toISOString(), at: receivedAt.toISOString() };
      const said = await selectLastSaid.first(trx, place);
      if (!said?.extras || said.tried_at === null) return undefined;
      const { choices } = JSON.parse(said.extras) as PartExtras;
      if (!choices) return undefined;
      const heard = await selectHeardSince.all(trx, { ...place, since: said.tried_at, messageId: id });
      if (heard.some(({ details }) => saysSomething(readDetails(details)))) return undefined;
      return { choices, providerId: said.provider_id ?? '' };
    },

    async chose(messageId, { id, title }) {
      const message = await trx
        .selectFrom('messages')
        .select('details')
        .where('id', '=', messageId)
        .where('verdict', 'is', null)
        .executeTakeFirst();
      if (!message) return;
      const details: Details = { ...readDetails(message.details), button: { text: title, payload: id } };
      await trx
        .updateTable('messages')
        .set({ details: JSON.stringify(details) })
        .where('id', '=', messageId)
        .execute();
    },
  };
}

/** A reaction answers nothing, nor does a correction of something earlier. */
function saysSomething({ change, providerType }: Details): boolean {
  return !change && providerType !== 'reaction';
}
