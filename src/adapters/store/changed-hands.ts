import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { isSeenAt } from './identity-places.ts';
import { keyOf, provenIdentities, timeOf } from './proven-identities.ts';
import { leaveAddresses, retire } from './retire-identities.ts';
import type { StoreContext } from './unit-of-work.ts';

/**
 * Takes a number from its owner when somebody shows it with an id that nobody is known by, and the owner has shown another one at the
 * same place: ids change with the person, so the number is somebody else's now. Who is known there by a number alone shows an id for
 * the first time. Costs a query only where a new id comes with a known number.
 * @returns whether anybody has lost a number
 */
export async function settleChangedHands(
  context: StoreContext,
  messages: readonly InboundMessage[],
  userOf: ReadonlyMap<string, string>,
): Promise<boolean> {
  const { trx, clock } = context;
  let isSettled = false;
  for (const message of messages) {
    const proven = provenIdentities(message);
    const ids = proven.filter(({ kind }) => kind !== 'phone');
    const bsuid = ids.find(({ kind }) => kind === 'bsuid');
    const phone = proven.find((identity) => identity.kind === 'phone');
    const userId = phone && userOf.get(keyOf(phone));
    if (!bsuid || !userId || ids.some((identity) => userOf.has(keyOf(identity)))) continue;
    const theirs = await trx
      .selectFrom('user_identities')
      .selectAll()
      .where('user_id', '=', userId)
      .execute();
    const isOther = ({ kind, scope }: Identity) => kind === 'bsuid' && scope === bsuid.scope;
    if (!theirs.some((row) => isOther(row) && isSeenAt(row, message))) continue;
    const lost = theirs.filter((row) => keyOf(row) === keyOf(phone));
    // What comes with the new id is not the owner's any more, so theirs ends just before it.
    const until = new Date(Date.parse(timeOf(message, clock.now())) - 1).toISOString();
    await retire(context, lost, { at: until, isTaken: true });
    await leaveAddresses(context, lost, userId);
    isSettled ||= lost.length > 0;
  }
  return isSettled;
}
