import type { ChannelName, Identity } from '#src/domain/identity.ts';
import type { InboundMessage, MessageChange } from '#src/domain/message.ts';
import { isSeenAt, placeOf } from './identity-places.ts';
import { mergePeople } from './merge-people.ts';
import { keyOf, provenIdentities, timeOf } from './proven-identities.ts';
import { leaveAddresses, retire } from './retire-identities.ts';
import type { StoreContext } from './unit-of-work.ts';
import { excludeNewHolders, findMover, identitiesOf, noticeMayTakeMs, ownersOf } from './who-moved.ts';

type IdentityChange = Extract<MessageChange, { kind: 'identities' }>;

/**
 * Gives a person the identities they have from now on and takes away those they had, which may be somebody else's next. Nothing
 * happens when nobody is known by the old ones.
 */
export async function changeIdentities(
  context: StoreContext,
  message: InboundMessage,
  change: IdentityChange,
  isWelcome: (sender: readonly Identity[]) => boolean,
): Promise<void> {
  const { trx, clock, newId } = context;
  const previous = provenIdentities(message);
  const current = provenIdentities({ sender: change.current });
  const isCurrent = new Set(current.map(keyOf));
  if (current.length === 0 || previous.every((identity) => isCurrent.has(keyOf(identity)))) return;
  const at = timeOf(message, clock.now());
  const userId = await findMover(trx, previous, at);
  if (!userId) return;
  await excludeNewHolders(context, { userId, previous, at }, isWelcome);
  const before = await identitiesOf(trx, userId);

  const others = new Set((await ownersOf(trx, current)).map((row) => row.user_id));
  others.delete(userId);
  for (const otherId of others) await join(context, { userId, otherId, message, proven: current, at });

  const mine = await identitiesOf(trx, userId);
  const isBefore = new Set(before.map(keyOf));
  const isNews = current.some((identity) => !isBefore.has(keyOf(identity)));
  const namesPhone = previous.some((identity) => identity.kind === 'phone');
  const isPrevious = new Set(previous.map(keyOf));
  // Ids change with the number, at every place. Whose phone is not told has another one all the same, and a notice of a number need
  // not name the ids; those that came with it before the notice stay.
  const isLeft = (row: Identity) =>
    row.scope === previous[0]?.scope &&
    ((row.kind === 'phone' && !namesPhone) || (row.kind === 'bsuid' && isNews && isBefore.has(keyOf(row))));
  const isOver = (row: Identity) => !isCurrent.has(keyOf(row)) && (isPrevious.has(keyOf(row)) || isLeft(row));
  const over = mine.filter(isOver);
  await retire(context, over, { at, isTaken: false });
  const isMine = new Set(mine.map(keyOf));
  const gained = current.filter((identity) => !isMine.has(keyOf(identity)));
  if (gained.length > 0) {
    const added = gained.map((identity) => ({
      id: newId(),
      user_id: userId,
      ...identity,
      channel: message.channel,
      created_at: at,
      places: identity.kind === 'bsuid' ? placeOf(message) : null,
    }));
    await trx.insertInto('user_identities').values(added).execute();
  }
  for (const { kind, scope, value } of current) {
    await trx
      .deleteFrom('past_identities')
      .where('user_id', '=', userId)
      .where('kind', '=', kind)
      .where('scope', '=', scope)
      .where('value', '=', value)
      .execute();
  }
  const phone = current.find((identity) => identity.kind === 'phone')?.value;
  await trx
    .updateTable('users')
    .set({ updated_at: clock.now().toISOString(), ...(phone === undefined ? {} : { phone_number: phone }) })
    .where('id', '=', userId)
    .execute();
  await readdress(context, userId, message.channel, change.replyAddress);
  await leaveAddresses(context, over, userId);
}

/**
 * Makes the senders of a message one person, where its identities belong to several: whoever has proven an id and a number has both.
 * @returns whether there was anybody to make one of
 */
export async function settleConflicts(
  context: StoreContext,
  messages: readonly InboundMessage[],
  userOf: ReadonlyMap<string, string>,
): Promise<boolean> {
  let isSettled = false;
  for (const message of messages) {
    const proven = provenIdentities(message);
    const owners = new Set(proven.flatMap((identity) => userOf.get(keyOf(identity)) ?? []));
    if (owners.size < 2) continue;
    isSettled = true;
    // Ids sort by creation: the one who has been known longest stays. An id is stronger than a number.
    const [userId = '', ...others] = [...owners].sort();
    const strongest = proven.find((identity) => identity.kind !== 'phone');
    const owner = strongest && userOf.get(keyOf(strongest));
    const at = timeOf(message, context.clock.now());
    for (const otherId of others) {
      const [keeps, joins] = owner === otherId ? [otherId, userId] : [userId, otherId];
      await join(context, { userId: keeps, otherId: joins, message, proven, at, isCertain: true });
    }
  }
  return isSettled;
}

/** Makes one person of two, or takes from the other what is not theirs any more. */
async function join(
  context: StoreContext,
  about: {
    userId: string;
    otherId: string;
    message: InboundMessage;
    proven: readonly Identity[];
    at: string;
    isCertain?: boolean;
  },
): Promise<void> {
  const { trx } = context;
  const { userId, otherId, message, proven, at } = about;
  const isProven = new Set(proven.map(keyOf));
  const theirs = await identitiesOf(trx, otherId);
  const people = await trx
    .selectFrom('users')
    .select(['id', 'created_at', 'last_seen_at'])
    .where('id', 'in', [userId, otherId])
    .orderBy('id')
    .execute();
  const other = people.find((person) => person.id === otherId);
  const isId = ({ kind }: Identity) => kind === 'bsuid';
  const isSameAccount = theirs.some((row) => row.kind !== 'phone' && isProven.has(keyOf(row)));
  // Somebody has one id at a place: the number has changed hands.
  const isAnotherAccount =
    proven.some(isId) &&
    theirs.some((row) => isId(row) && isSeenAt(row, message) && !isProven.has(keyOf(row)));
  const since = new Date(Date.parse(at) - noticeMayTakeMs).toISOString();
  const isNew = other !== undefined && (other.last_seen_at === null || other.created_at >= since);
  if (isSameAccount || (!isAnotherAccount && (about.isCertain || isNew))) {
    const [older = userId] = people.map((person) => person.id);
    // Where a number has changed, whoever had it before is who has the history.
    const keptId = about.isCertain ? older : userId;
    await mergePeople(context, keptId, keptId === userId ? otherId : userId);
    return;
  }
  const lost = theirs.filter((row) => isProven.has(keyOf(row)));
  await retire(context, lost, { at, isTaken: true });
  await leaveAddresses(context, lost, otherId);
}

/** What is not answered or not out yet goes where the person is now. */
async function readdress(
  { trx }: StoreContext,
  userId: string,
  channel: ChannelName,
  to: string,
): Promise<void> {
  await trx
    .updateTable('messages')
    .set({ reply_address: to })
    .where('user_id', '=', userId)
    .where('channel', '=', channel)
    .where('direction', '=', 'inbound')
    .where('is_processed', '=', 0)
    .execute();
  await trx
    .updateTable('outbound_parts')
    .set({ to_address: to })
    .where('user_id', '=', userId)
    .where('channel', '=', channel)
    // What is being sent at this moment is on its way to the old one.
    .where('state', 'in', ['queued', 'held'])
    .execute();
}
