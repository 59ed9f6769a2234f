import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { UserIdentityRow, UserRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

const keyOf = (identity: Identity) => `${identity.kind}|${identity.scope}|${identity.value}`;

/**
 * Finds or creates the person behind each message: three queries for a batch of any size when everybody is known.
 * @returns the user id of each message, in their order
 */
export async function acceptPeople(
  { trx, clock, newId }: StoreContext,
  messages: readonly InboundMessage[],
  isWelcome: (sender: readonly Identity[]) => boolean,
): Promise<string[]> {
  const now = clock.now().toISOString();
  const values = [
    ...new Set(messages.flatMap((message) => message.sender.map((identity) => identity.value))),
  ];
  const known = await trx
    .selectFrom('user_identities')
    .innerJoin('users', 'users.id', 'user_identities.user_id')
    .select(['kind', 'scope', 'value', 'user_id', 'whatsapp_name'])
    .where('value', 'in', values)
    // Two identities of one message may belong to two people (a number that changed hands): the oldest person wins.
    .orderBy('user_id')
    .execute();
  const userOf = new Map(known.map((row) => [keyOf(row), row.user_id]));
  const nameOf = new Map(known.map((row) => [row.user_id, row.whatsapp_name]));
  const newUsers: UserRow[] = [];
  const newIdentities: UserIdentityRow[] = [];
  const renamed = new Map<string, string>();

  const userIds = messages.map((message) => {
    const found = message.sender
      .map((identity) => userOf.get(keyOf(identity)))
      .find((id) => id !== undefined);
    const userId = found ?? newId();
    const name = message.profileName ?? null;
    if (!found) {
      const phone = message.sender.find((identity) => identity.kind === 'phone')?.value ?? null;
      newUsers.push({
        id: userId,
        phone_number: phone,
        whatsapp_name: name,
        is_whitelisted: isWelcome(message.sender) ? 1 : 0,
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
    for (const identity of message.sender) {
      if (userOf.has(keyOf(identity))) continue;
      userOf.set(keyOf(identity), userId);
      newIdentities.push({ id: newId(), user_id: userId, ...identity, created_at: now });
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
  await trx
    .updateTable('users')
    .set({ last_seen_at: now })
    .where('id', 'in', [...new Set(userIds)])
    .execute();
  return userIds;
}
