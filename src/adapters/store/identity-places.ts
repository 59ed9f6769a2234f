import type { InboundMessage } from '#src/domain/message.ts';
import type { UserIdentityRow } from './people-tables.ts';
import { keyOf, provenIdentities } from './proven-identities.ts';
import type { StoreContext } from './unit-of-work.ts';

/* Business-scoped ids are made for a portfolio of a business, and nothing tells for which. One of our addresses belongs to one
   portfolio, so a person shows one id there; at another they may show another. */

type Place = Pick<InboundMessage, 'channel' | 'ownAddress'>;
type Sighted = Pick<UserIdentityRow, 'id' | 'kind' | 'scope' | 'value' | 'places'>;

/** A place as it is written into a row, in which each has its line: the channel, and our own address where it is known. */
export const placeOf = ({ channel, ownAddress }: Place) => `${channel} ${ownAddress}`.trim();

/** Whether an id has been seen at a place, so that another one there is another account. Where nobody has noted it, it may have been. */
export function isSeenAt({ places }: Pick<UserIdentityRow, 'places'>, at: Place): boolean {
  if (places === null) return true;
  return places.split('\n').some((place) => {
    const [channel, ownAddress] = place.split(' ');
    return channel === at.channel && (!ownAddress || at.ownAddress === '' || ownAddress === at.ownAddress);
  });
}

/**
 * Notes the places where ids are seen for the first time: a statement for each, and none for who has written there before.
 * @param known rows that are stored
 * @param added rows that will be
 */
export async function notePlaces(
  { trx }: StoreContext,
  messages: readonly InboundMessage[],
  { known, added }: { known: readonly Sighted[]; added: readonly Sighted[] },
): Promise<void> {
  const rowOf = new Map([...known, ...added].map((row) => [keyOf(row), row]));
  const isKnown = new Set(known);
  const changed = new Map<string, Sighted>();
  for (const message of messages) {
    const bsuid = provenIdentities(message).find(({ kind }) => kind === 'bsuid');
    const row = bsuid && rowOf.get(keyOf(bsuid));
    if (!row) continue;
    // A channel alone says less than our address on it.
    const before = (row.places?.split('\n') ?? []).filter((place) => place !== message.channel);
    if (before.includes(placeOf(message))) continue;
    row.places = [...before, placeOf(message)].join('\n');
    if (isKnown.has(row)) changed.set(keyOf(row), row);
  }
  // In one order, so that two processes that meet the same people wait for each other.
  for (const [, { id, places }] of [...changed].sort(([a], [b]) => (a < b ? -1 : 1)))
    await trx.updateTable('user_identities').set({ places }).where('id', '=', id).execute();
}
