import type { Kysely } from 'kysely';
import type { ChannelName, Identity } from '#src/domain/identity.ts';
import { undelivered } from './delivery-statements.ts';
import type { UserIdentityRow } from './people-tables.ts';
import type { Database } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Why something was not delivered, as it is written on parts and messages. */
const moved = { code: 'address_retired', reason: 'The person cannot be reached at this address any more.' };

/**
 * Nobody is found by these any more.
 * @param isTaken somebody else has shown them; otherwise it was told that the person has others now
 */
export async function retire(
  { trx, newId }: StoreContext,
  rows: readonly UserIdentityRow[],
  { at, isTaken }: { at: string; isTaken: boolean },
): Promise<void> {
  if (rows.length === 0) return;
  const past = rows.map(({ user_id, kind, scope, value, created_at }) => ({
    id: newId(),
    user_id,
    kind,
    scope,
    value,
    valid_from: created_at,
    valid_to: at,
    is_taken: isTaken ? (1 as const) : (0 as const),
  }));
  await trx.insertInto('past_identities').values(past).execute();
  await trx
    .deleteFrom('user_identities')
    .where(
      'id',
      'in',
      rows.map((row) => row.id),
    )
    .execute();
  for (const { user_id, kind, value } of rows) {
    if (kind !== 'phone') continue;
    await trx
      .updateTable('users')
      .set({ phone_number: null })
      .where('id', '=', user_id)
      .where('phone_number', '=', value)
      .execute();
  }
}

/**
 * Nothing goes to addresses that somebody else may have by now, on any channel: it follows the person to one they have left, or ends
 * with a reason. What is being sent at this moment is on its way.
 * @param retired what was taken from one person, who has their new identities already
 */
export async function leaveAddresses(context: StoreContext, retired: readonly Identity[], userId: string) {
  const { trx } = context;
  const left = retired.flatMap(addressesOf);
  if (left.length === 0) return;
  const mine = await trx
    .selectFrom('user_identities')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .execute();
  for (const channel of ['twilio', 'meta'] as const) {
    const old = left.filter((address) => address.channel === channel).map(({ to }) => to);
    const to = addressOn(channel, mine);
    if (to === undefined) await endParts(context, userId, { channel, old });
    else await moveTo(context, userId, { channel, old, to });
  }
}

async function moveTo(
  { trx }: StoreContext,
  userId: string,
  { channel, old, to }: { channel: ChannelName; old: readonly string[]; to: string },
): Promise<void> {
  await trx
    .updateTable('outbound_parts')
    .set({ to_address: to })
    .where('user_id', 'in', await lanesOf(trx, userId))
    .where('channel', '=', channel)
    .where('to_address', 'in', old)
    .where('state', 'in', ['queued', 'held'])
    .execute();
  // Whoever looks for where they wrote from last finds where they are.
  await trx
    .updateTable('messages')
    .set({ reply_address: to })
    .where('user_id', '=', userId)
    .where('channel', '=', channel)
    .where('direction', '=', 'inbound')
    .where('reply_address', 'in', old)
    .execute();
}

async function endParts(
  { trx, clock }: StoreContext,
  userId: string,
  { channel, old }: { channel: ChannelName; old: readonly string[] },
): Promise<void> {
  const ended = await trx
    .updateTable('outbound_parts')
    .set({
      state: 'failed',
      error_code: moved.code,
      error_reason: moved.reason,
      failed_at: clock.now().toISOString(),
      not_before: null,
    })
    .where('user_id', 'in', await lanesOf(trx, userId))
    .where('channel', '=', channel)
    .where('to_address', 'in', old)
    .where('state', 'in', ['queued', 'held'])
    .returning('message_id')
    .execute();
  if (ended.length === 0) return;
  await trx
    .updateTable('messages')
    .set({ error_message: undelivered(moved.code, moved.reason) })
    .where('id', 'in', [...new Set(ended.map((part) => part.message_id))])
    .execute();
}

/** Addresses that were a person's and are not any more. */
export async function retiredAddresses(
  trx: StoreContext['trx'],
  userId: string,
): Promise<ReadonlySet<string>> {
  const [past, current] = await Promise.all(
    (['past_identities', 'user_identities'] as const).map((table) =>
      trx.selectFrom(table).select(['kind', 'scope', 'value']).where('user_id', '=', userId).execute(),
    ),
  );
  const retired = new Set(past?.flatMap(addressesOf).map(({ to }) => to));
  // Some numbers come back.
  for (const { to } of current?.flatMap(addressesOf) ?? []) retired.delete(to);
  return retired;
}

/** Parts of whoever turned out to be this person stay in their own lane until they are out. */
async function lanesOf(trx: Kysely<Database>, userId: string): Promise<string[]> {
  const others = await trx.selectFrom('users').select('id').where('merged_into', '=', userId).execute();
  return [userId, ...others.map((row) => row.id)];
}

/** A number reaches on every channel; an id may be unknown elsewhere, so one that was seen there comes first. */
function addressOn(channel: ChannelName, mine: readonly UserIdentityRow[]): string | undefined {
  const ids = mine.filter(({ kind }) => kind === 'bsuid');
  const best =
    mine.find(({ kind }) => kind === 'phone') ?? ids.find((row) => row.channel === channel) ?? ids[0];
  return best && addressesOf(best).find((address) => address.channel === channel)?.to;
}

/** How an identity is written as an address, on each channel. */
function addressesOf({ kind, scope, value }: Identity): { channel: ChannelName; to: string }[] {
  if (scope !== '' || (kind !== 'phone' && kind !== 'bsuid')) return [];
  return [
    { channel: 'twilio', to: `whatsapp:${value}` },
    { channel: 'meta', to: value.replace(/^\+/, '') },
  ];
}
