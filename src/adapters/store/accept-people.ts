import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { inChunks } from './in-chunks.ts';
import type { UserIdentityRow, UserRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Whom a message is from, and whether they may use the bot at this moment. */
interface Sender {
  readonly userId: string;
  readonly isAllowed: boolean;
}

/** `last_seen_at` is exact to a minute, so that somebody who writes a lot costs no write for each message. */
const seenEveryMs = 60_000;

const keyOf = (identity: Identity) => `${identity.kind}|${identity.scope}|${identity.value}`;

/**
 * The identities that prove who somebody is, strongest first. A username does not: its owner can give it up, and whoever takes it
 * next must not inherit a stranger's access and history.
 */
function provenIdentities(message: InboundMessage): Identity[] {
  return message.sender.filter((identity) => identity.kind !== 'username');
}

/**
 * Finds or creates the person behind each message: three queries for a batch of any size when everybody is known.
 * @returns who wrote each message, in their order
 */
export async function acceptPeople(
  { trx, clock, newId }: StoreContext,
  messages: readonly InboundMessage[],
  isWelcome: (sender: readonly Identity[]) => boolean,
): Promise<Sender[]> {
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
        'kind',
        'scope',
        'value',
        'user_id',
        'whatsapp_name',
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
  const nameOf = new Map(known.map((row) => [row.user_id, row.whatsapp_name]));
  const allowed = new Set(
    known.filter((row) => row.is_whitelisted === 1 && row.is_active === 1).map((row) => row.user_id),
  );
  const newUsers: UserRow[] = [];
  const newIdentities: UserIdentityRow[] = [];
  const renamed = new Map<string, string>();
  /** Numbers of people who were known by a business-scoped id alone. */
  const revealed = new Map<string, string>();

  const userIds = messages.map((message) => {
    const sender = provenIdentities(message);
    // Two identities may belong to two people (a number that changed hands): the strongest one decides.
    const found = sender.map((identity) => userOf.get(keyOf(identity))).find((id) => id !== undefined);
    const userId = found ?? newId();
    const name = message.profileName ?? null;
    if (!found) {
      if (isWelcome(message.sender)) allowed.add(userId);
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
      });
      nameOf.set(userId, name);
    } else if (name && nameOf.get(userId) !== name) {
      renamed.set(userId, name);
      nameOf.set(userId, name);
    }
    for (const identity of sender) {
      if (userOf.has(keyOf(identity))) continue;
      userOf.set(keyOf(identity), userId);
      newIdentities.push({ id: newId(), user_id: userId, ...identity, created_at: now });
      if (found && identity.kind === 'phone') revealed.set(userId, identity.value);
    }
    return userId;
  });

  await inChunks(newUsers, (chunk) => trx.insertInto('users').values(chunk).execute());
  // In one order, as everything below: two processes that meet the same people wait for each other instead of both giving up.
  newIdentities.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await inChunks(newIdentities, (chunk) => trx.insertInto('user_identities').values(chunk).execute());
  for (const [userId, name] of sorted(renamed)) {
    await trx
      .updateTable('users')
      .set({ whatsapp_name: name, updated_at: now })
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
  return userIds.map((userId) => ({ userId, isAllowed: allowed.has(userId) }));
}

function sorted(changes: ReadonlyMap<string, string>): [string, string][] {
  return [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
}
