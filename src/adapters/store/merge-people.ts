import { sql } from 'kysely';
import { isPending } from './partial-indexes.ts';
import type { Database, UserRow } from './schema.ts';
import { isSqlite } from './statement.ts';
import { supersedeOpenTurns } from './supersede-turns.ts';
import type { StoreContext } from './unit-of-work.ts';
import { measures } from './usage-sums.ts';

type PeoplesTable = {
  [Table in keyof Database]: 'user_id' extends keyof Database[Table] ? Table : never;
}[keyof Database];

/**
 * What becomes of the rows of somebody who turns out to be somebody else. A table that is not named here does not compile.
 * `special`: see `moveSpecial`; `dropped`: means nothing to the other; `stays`: belongs to the row that is left.
 */
const fates = {
  user_identities: 'moved',
  past_identities: 'moved',
  messages: 'moved',
  attachments: 'moved',
  consents: 'moved',
  broadcast_recipients: 'moved',
  usage_entries: 'moved',
  conversations: 'special',
  turns: 'special',
  outbound_parts: 'special',
  usage_days: 'special',
  notices: 'dropped',
  link_codes: 'dropped',
  link_tries: 'dropped',
  erasures: 'stays',
} as const satisfies Record<PeoplesTable, 'moved' | 'special' | 'dropped' | 'stays'>;

/**
 * Makes one person of two: whatever the other one said, got and cost is of the first from now on. Answers that are being written are
 * written anew; what is being sent stays in the other one's lane until it is out, with the rest of its message, so that nothing is sent
 * twice or overtaken. May be repeated: it takes along what has come in for the other one meanwhile.
 * @param keptId who they both are
 * @param otherId who is left as an empty row, for what still refers to it
 * @param access `kept`: the owner has said who it is, and so what they may
 */
export async function mergePeople(
  context: StoreContext,
  keptId: string,
  otherId: string,
  { access = 'both' }: { access?: 'both' | 'kept' } = {},
): Promise<void> {
  const { trx, clock } = context;
  const now = clock.now().toISOString();
  const people = await trx
    .selectFrom('users')
    .selectAll()
    .where('id', 'in', [keptId, otherId])
    .orderBy('id')
    // Two processes that merge the same people come one after the other.
    .$if(!isSqlite(trx), (query) => query.forUpdate())
    .execute();
  const kept = people.find((person) => person.id === keptId);
  const other = people.find((person) => person.id === otherId);
  if (!kept || !other || keptId === otherId) return;

  await supersedeOpenTurns(trx, { userId: otherId }, now);
  await moveSpecial(context, keptId, otherId);
  for (const [table, fate] of Object.entries(fates) as [PeoplesTable, string][]) {
    if (fate === 'moved')
      await trx.updateTable(table).set({ user_id: keptId }).where('user_id', '=', otherId).execute();
    if (fate === 'dropped') await trx.deleteFrom(table).where('user_id', '=', otherId).execute();
  }
  await trx.updateTable('users').set({ merged_into: keptId }).where('merged_into', '=', otherId).execute();
  await trx
    .updateTable('users')
    .set({
      phone_number: null,
      whatsapp_name: null,
      username: null,
      is_whitelisted: 0,
      // WHITELISTED_USERS decides about people, and this is none any more.
      access_decided_by: 'owner',
      opted_out_at: null,
      marketing_opted_out_at: null,
      held_since: null,
      untold_since: null,
      merged_into: keptId,
      erased_at: now,
      updated_at: now,
    })
    .where('id', '=', otherId)
    .execute();
  // A repetition finds nothing that could be decided anew.
  if (other.merged_into === null)
    await trx
      .updateTable('users')
      .set({
        ...together(kept, other),
        ...(access === 'both' ? accessOfBoth(kept, other) : {}),
        updated_at: now,
      })
      .where('id', '=', keptId)
      .execute();
}

/** What holds for both. */
function together(kept: UserRow, other: UserRow) {
  const latest = (one: string | null, another: string | null) =>
    one === null || another === null ? (one ?? another) : one > another ? one : another;
  return {
    phone_number: kept.phone_number ?? other.phone_number,
    whatsapp_name: other.whatsapp_name ?? kept.whatsapp_name,
    username: other.username ?? kept.username,
    // A new account is no way around a block.
    is_active: kept.is_active === 1 && other.is_active === 1 ? (1 as const) : (0 as const),
    opted_out_at: kept.opted_out_at ?? other.opted_out_at,
    marketing_opted_out_at: kept.marketing_opted_out_at ?? other.marketing_opted_out_at,
    held_since: kept.held_since ?? other.held_since,
    untold_since: (kept.held_since === null ? other : kept).untold_since,
    last_seen_at: latest(kept.last_seen_at, other.last_seen_at),
  };
}

/** The owner's word counts more than that of the settings; of two equal ones the one that lets in. */
function accessOfBoth(kept: UserRow, other: UserRow): Pick<UserRow, 'is_whitelisted' | 'access_decided_by'> {
  const { is_whitelisted, access_decided_by } =
    kept.access_decided_by === other.access_decided_by
      ? { ...kept, is_whitelisted: kept.is_whitelisted === 1 ? kept.is_whitelisted : other.is_whitelisted }
      : kept.access_decided_by === 'owner'
        ? kept
        : other;
  return { is_whitelisted, access_decided_by };
}

async function moveSpecial({ trx }: StoreContext, keptId: string, otherId: string): Promise<void> {
  // One conversation is active: the one of the person who was known longer.
  await trx
    .updateTable('conversations')
    .set({ is_active: 0 })
    .where('user_id', '=', otherId)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('conversations as active')
          .select('active.id')
          .where('active.user_id', '=', keptId)
          .where('active.is_active', '=', 1),
      ),
    )
    .execute();
  await trx.updateTable('conversations').set({ user_id: keptId }).where('user_id', '=', otherId).execute();
  await trx
    .updateTable('turns')
    .set({ user_id: keptId })
    .where('user_id', '=', otherId)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbound_parts as begun')
            .select('begun.id')
            .whereRef('begun.turn_id', '=', 'turns.id')
            .where('begun.state', '=', 'sending'),
        ),
      ),
    )
    .execute();
  await trx
    .updateTable('outbound_parts')
    .set({ user_id: keptId })
    .where('user_id', '=', otherId)
    .where(({ or, not, exists, selectFrom }) =>
      or([
        not(isPending),
        not(
          exists(
            selectFrom('outbound_parts as begun')
              .select('begun.id')
              .whereRef('begun.message_id', '=', 'outbound_parts.message_id')
              .where('begun.state', '=', 'sending'),
          ),
        ),
      ]),
    )
    .execute();
  // Whoever loses sums loses them from everybody's as well; these are only moved.
  await addSums(trx, 'usage_totals', ['day', 'model'], otherId);
  await addSums(trx, 'usage_days', ['day', 'user_id', 'model'], otherId, keptId);
  await trx.deleteFrom('usage_days').where('user_id', '=', otherId).execute();
}

/** Adds somebody's sums of days to others. */
async function addSums(
  trx: StoreContext['trx'],
  table: 'usage_days' | 'usage_totals',
  keys: readonly string[],
  from: string,
  to?: string,
): Promise<void> {
  const sums = ['calls', ...measures];
  const added = sums.map((name) => `${name} = ${table}.${name} + excluded.${name}`);
  const values = keys.map((key) => (key === 'user_id' ? sql`${to}` : sql.ref(key)));
  await sql`insert into ${sql.table(table)} (${sql.raw([...keys, ...sums].join(', '))})
    select ${sql.join(values)}, ${sql.raw(sums.join(', '))} from usage_days where user_id = ${from}
    on conflict (${sql.raw(keys.join(', '))}) do update set ${sql.raw(added.join(', '))}`.execute(trx);
}
