import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { settleConflicts } from './change-identities.ts';
import { settleChangedHands } from './changed-hands.ts';
import { notePlaces } from './identity-places.ts';
import { inChunks } from './in-chunks.ts';
import type { UserIdentityRow } from './people-tables.ts';
import { keyOf, provenIdentities } from './proven-identities.ts';
import { recognizeStrangers } from './recognize-strangers.ts';
import type { UserRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Whom a message is from, and whether they may use the bot at this moment. */
interface Sender {
  readonly userId: string;
  readonly isAllowed: boolean;
  /** Where they are reached by now, if that is elsewhere than where they wrote from. */
  readonly replyAddress?: string | undefined;
}

/** `last_seen_at` is exact to a minute, so that somebody who writes a lot costs no write for each message. */
const seenEveryMs = 60_000;

/**
 * Finds or creates the person behind each message: three queries for a batch of any size when everybody is known.
 * @returns who wrote each message, in their order; undefined for one that comes again although nobody is known by its sender any more
 */
export async function acceptPeople(
  context: StoreContext,
  messages: readonly InboundMessage[],
  isWelcome: (sender: readonly Identity[]) => boolean,
): Promise<(Sender | undefined)[]> {
  const { trx, clock, newId } = context;
  const now = clock.now().toISOString();
  const proven = messages.flatMap(provenIdentities);
  const values = [...new Set(proven.map((identity) => identity.value))];
  // All three columns of the index; without the first two it would be read from end to end.
  const kinds = [...new Set(proven.map((identity) => identity.kind))];
  const scopes = [...new Set(proven.map((identity) => identity.scope))];
  const known = await inChunks(values, (chunk) =>
    trx
      .selectFrom('user_identities')
      .innerJoin('users', 'users.id', 'user_identities.user_id')
      .select([
        'user_identities.id',
        'places',
        'kind',
        'scope',
        'value',
        'user_id',
        'whatsapp_name',
        'username',
        'is_whitelisted',
        'is_active',
        'last_seen_at',
      ])
      .where('kind', 'in', kinds)
      .where('scope', 'in', scopes)
      .where('value', 'in', chunk)
      .execute(),
  );
  const userOf = new Map(known.map((row) => [keyOf(row), row.user_id]));
  if (await settleConflicts(context, messages, userOf)) return acceptPeople(context, messages, isWelcome);
  if (await settleChangedHands(context, messages, userOf)) return acceptPeople(context, messages, isWelcome);
  const nameOf = new Map(known.map((row) => [row.user_id, row.whatsapp_name]));
  const usernameOf = new Map(known.map((row) => [row.user_id, row.username]));
  const allowed = new Set(
    known.filter((row) => row.is_whitelisted === 1 && row.is_active === 1).map((row) => row.user_id),
  );
  const newUsers: UserRow[] = [];
  const newIdentities: UserIdentityRow[] = [];
  const renamed = new Map<string, Partial<Pick<UserRow, 'whatsapp_name' | 'username'>>>();
  /** Numbers of people who were known by a business-scoped id alone. */
  const revealed = new Map<string, string>();

  const ownerOf = (message: InboundMessage) =>
    provenIdentities(message)
      .map((identity) => userOf.get(keyOf(identity)))
      .find((id) => id !== undefined);
  const learn = (userId: string, message: InboundMessage) => {
    for (const identity of provenIdentities(message)) {
      if (userOf.has(keyOf(identity))) continue;
      userOf.set(keyOf(identity), userId);
      newIdentities.push({
        id: newId(),
        user_id: userId,
        ...identity,
        channel: message.channel,
        created_at: now,
        places: null,
      });
      if (nameOf.has(userId) && identity.kind === 'phone') revealed.set(userId, identity.value);
    }
  };
  // A message further on may tell whose a new id is.
  for (const message of messages) {
    const userId = ownerOf(message);
    if (userId !== undefined) learn(userId, message);
  }
  // Only what would make somebody known is worth a look.
  const strangers = await recognizeStrangers(
    context,
    messages.filter((message) => ownerOf(message) === undefined),
  );

  const userIds = messages.map((message) => {
    const found = ownerOf(message);
    if (found === undefined && strangers.repeated.has(message)) return undefined;
    const late = strangers.late.get(message);
    if (found === undefined && late) {
      if (late.isAllowed) allowed.add(late.userId);
      return late.userId;
    }
    const userId = found ?? newId();
    const name = message.profileName ?? null;
    const username = message.sender.find((identity) => identity.kind === 'username')?.value ?? null;
    if (!found) {
      // A list that names a number need not mean whoever has it now.
      const sender = message.sender.map((identity) =>
        strangers.barred.has(keyOf(identity)) ? { ...identity, kind: 'username' as const } : identity,
      );
      if (isWelcome(sender)) allowed.add(userId);
      const phone = message.sender.find((identity) => identity.kind === 'phone')?.value ?? null;
      newUsers.push({
        id: userId,
        phone_number: phone,
        whatsapp_name: name,
        is_whitelisted: allowed.has(userId) ? 1 : 0,
        is_active: 1,
        access_decided_by: 'settings',
        is_simulated: message.channel === 'simulator' ? 1 : 0,
        created_at: now,
        updated_at: now,
        last_seen_at: now,
        opted_out_at: null,
        marketing_opted_out_at: null,
        erased_at: null,
        held_since: null,
        untold_since: null,
        username,
        merged_into: null,
      });
    } else {
      if (name && nameOf.get(userId) !== name) renamed.set(userId, { whatsapp_name: name });
      if (username && usernameOf.get(userId) !== username)
        renamed.set(userId, { ...renamed.get(userId), username });
    }
    learn(userId, message);
    nameOf.set(userId, name ?? nameOf.get(userId) ?? null);
    usernameOf.set(userId, username ?? usernameOf.get(userId) ?? null);
    return userId;
  });

  await notePlaces(context, messages, { known, added: newIdentities });
  await inChunks(newUsers, (chunk) => trx.insertInto('users').values(chunk).execute());
  // In one order, as everything below: two processes that meet the same people wait for each other instead of both giving up.
  newIdentities.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await inChunks(newIdentities, (chunk) => trx.insertInto('user_identities').values(chunk).execute());
  for (const [userId, names] of sorted(renamed)) {
    await trx
      .updateTable('users')
      .set({ ...names, updated_at: now })
      .where('id', '=', userId)
      .execute();
  }
  for (const [userId, phone] of sorted(revealed)) {
    await trx
      .updateTable('users')
      .set({ phone_number: phone })
      .where('id', '=', userId)
      .where('phone_number', 'is', null)
      .execute();
  }
  const aMinuteAgo = new Date(clock.now().getTime() - seenEveryMs).toISOString();
  const isStale = (row: { last_seen_at: string | null }) =>
    row.last_seen_at === null || row.last_seen_at < aMinuteAgo;
  const writing = new Set(userIds);
  const stale = known.filter((row) => writing.has(row.user_id) && isStale(row)).map((row) => row.user_id);
  await inChunks([...new Set(stale)].sort(), (ids) =>
    trx
      .updateTable('users')
      .set({ last_seen_at: now })
      .where('id', 'in', ids)
      .where((eb) => eb.or([eb('last_seen_at', 'is', null), eb('last_seen_at', '<', aMinuteAgo)]))
      .execute(),
  );
  return userIds.map((userId, index) => {
    if (userId === undefined) return undefined;
    const message = messages[index];
    const late = message && strangers.late.get(message);
    return { userId, isAllowed: allowed.has(userId), replyAddress: late?.replyAddress };
  });
}

function sorted<Change>(changes: ReadonlyMap<string, Change>): [string, Change][] {
  return [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
}
