import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { UserIdentityRow, UserRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Whom a message is from, and whether they may use the bot at this moment. */
interface Sender {
  readonly userId: string;
  readonly isAllowed: boolean;
}

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
  const values = [
    ...new Set(messages.flatMap((message) => provenIdentities(message).map((identity) => identity.value))),
  ];
  const known = await trx
    .selectFrom('user_identities')
    .innerJoin('users', 'users.id', 'user_identities.user_id')
    .select(['kind', 'scope', 'value', 'user_id', 'whatsapp_name', 'is_whitelisted', 'is_active'])
    .where('value', 'in', values)
    .execute();
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

  if (newUsers.length > 0) await trx.insertInto('users').values(newUsers).execute();
  if (newIdentities.length > 0) await trx.insertInto('user_identities').values(newIdentities).execute();
  for (const [userId, name] of renamed) {
    await trx
      .updateTable('users')
      .set({ whatsapp_name: name, updated_at: now })
      .where('id', '=', userId)
      .execute();
  }
  for (const [userId, phone] of revealed) {
    await trx
      .updateTable('users')
      .set({ phone_number: phone })
      .where('id', '=', userId)
      .where('phone_number', 'is', null)
      .execute();
  }
  await trx
    .updateTable('users')
    .set({ last_seen_at: now })
    .where('id', 'in', [...new Set(userIds)])
    .execute();
  return userIds.map((userId) => ({ userId, isAllowed: allowed.has(userId) }));
}
