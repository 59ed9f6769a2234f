import type { UserRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Who a phone number belongs to; undefined when nobody with it is known. Test people do not count. */
export async function findByPhone(trx: StoreContext['trx'], phone: string): Promise<string | undefined> {
  const known = await trx
    .selectFrom('user_identities')
    .select('user_id')
    .where('kind', '=', 'phone')
    .where('scope', '=', '')
    .where('value', '=', phone)
    .executeTakeFirst();
  return known?.user_id;
}

/** Makes a person known by their number before they have written. */
export async function insertKnownPhone(
  { trx, clock, newId }: StoreContext,
  person: { phone: string; isWhitelisted: boolean; decidedBy: UserRow['access_decided_by'] },
): Promise<UserRow> {
  const now = clock.now().toISOString();
  const user: UserRow = {
    id: newId(),
    phone_number: person.phone,
    whatsapp_name: null,
    is_whitelisted: person.isWhitelisted ? 1 : 0,
    is_active: 1,
    access_decided_by: person.decidedBy,
    is_simulated: 0,
    created_at: now,
    updated_at: now,
    last_seen_at: null,
    opted_out_at: null,
    marketing_opted_out_at: null,
    erased_at: null,
    held_since: null,
    untold_since: null,
    username: null,
    merged_into: null,
  };
  await trx.insertInto('users').values(user).execute();
  await trx
    .insertInto('user_identities')
    .values({
      id: newId(),
      user_id: user.id,
      kind: 'phone',
      scope: '',
      value: person.phone,
      channel: null,
      created_at: now,
      places: null,
    })
    .execute();
  return user;
}
