import SQLite from 'better-sqlite3';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import { Pool } from 'pg';
import type { Database } from '#src/adapters/store/schema.ts';
import { wording } from '#src/bot/wording.ts';
import type { Engine } from '#tests/support/engines.ts';

/** Two accounts of one person; how it is told that they are one. */
export interface Pair {
  readonly kind: 'link' | 'proof';
  readonly old: { readonly id: string; readonly phone: string };
  readonly fresh: { readonly id: string; readonly phone: string };
}

/** The product's database, read beside it. */
export function readBeside(engine: Engine, place: string): Kysely<Database> {
  const dialect =
    engine === 'sqlite'
      ? new SqliteDialect({ database: new SQLite(place, { readonly: true }) })
      : new PostgresDialect({ pool: new Pool({ connectionString: place, max: 1 }) });
  return new Kysely<Database>({ dialect });
}

/** Who has a number. */
export async function idOfPhone(db: Kysely<Database>, phone: string): Promise<string | undefined> {
  const row = await db.selectFrom('users').select('id').where('phone_number', '=', phone).executeTakeFirst();
  return row?.id;
}

/** How many of these are one. */
export async function mergedOf(db: Kysely<Database>, pairs: readonly Pair[]): Promise<number> {
  const ids = pairs.map(({ fresh }) => fresh.id);
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('id', 'in', ids)
    .where('merged_into', 'is not', null)
    .execute();
  return rows.length;
}

/** Everything of somebody that goes to whoever they turn out to be. */
const moved = ['user_identities', 'conversations', 'messages', 'outbound_parts'] as const;

/**
 * Which of these people are neither two nor one: a sentence each.
 * @param isOver they must be one by now, and nothing may be left of what was being sent or came in meanwhile
 */
export async function halfMerged(
  db: Kysely<Database>,
  pairs: readonly Pair[],
  isOver = false,
): Promise<string[]> {
  const found: string[] = [];
  for (const { kind, old, fresh } of pairs) {
    const people = await db
      .selectFrom('users')
      .select(['id', 'merged_into', 'phone_number'])
      .where('id', 'in', [old.id, fresh.id])
      .execute();
    const isOne = people.some(({ id, merged_into }) => id === fresh.id && merged_into === old.id);
    const tables = isOver ? moved : (['user_identities', 'conversations'] as const);
    const facts: Facts = {
      ...(await factsOf(db, { old, fresh }, tables)),
      people: people.filter((person) => person.merged_into === null).length,
      phones: people.filter((person) => person.phone_number !== null).length,
    };
    const isLinked = isOne && kind === 'link';
    const expected: Partial<Facts> = {
      people: isOne ? 1 : 2,
      phones: isOne ? 1 : 2,
      codes: !isOne && kind === 'link' ? 1 : 0,
      confirmed: isLinked ? 1 : 0,
      ...(isOne && { leftovers: '' }),
      ...(isOver && { unfinished: 0 }),
      ...(isLinked && { undecided: 0 }),
    };
    if (isOver && !isOne) found.push(`${old.phone} and ${fresh.phone} are still two`);
    for (const [name, count] of Object.entries(expected)) {
      const seen = facts[name as keyof Facts];
      if (seen !== count) found.push(`${kind} ${old.phone} (${isOne ? 'one' : 'two'}): ${name} ${seen}`);
    }
  }
  return found;
}

type Facts = Record<'people' | 'phones' | 'codes' | 'undecided' | 'confirmed' | 'unfinished', number> & {
  /** Names of tables. */
  readonly leftovers: string;
};

async function factsOf(
  db: Kysely<Database>,
  { old, fresh }: Pick<Pair, 'old' | 'fresh'>,
  tables: readonly (typeof moved)[number][],
) {
  const leftovers: string[] = [];
  for (const table of tables) {
    const row = await db.selectFrom(table).select('id').where('user_id', '=', fresh.id).executeTakeFirst();
    if (row) leftovers.push(table);
  }
  // What was being sent stays in its lane until it is out, and its turn with it.
  const unfinished = db
    .selectFrom('turns')
    .select('id')
    .where('user_id', '=', fresh.id)
    .where('state', 'in', ['open', 'answered']);
  const codes = await db.selectFrom('link_codes').select('hash').where('user_id', '=', old.id).execute();
  const both = [old.id, fresh.id];
  const links = db
    .selectFrom('messages')
    .select('id')
    .where('user_id', 'in', both)
    .where('content', 'like', '/link %')
    .where('verdict', 'is', null);
  const told = db
    .selectFrom('messages')
    .select('id')
    .where('user_id', 'in', both)
    .where('content', '=', wording.linked);
  return {
    leftovers: leftovers.join(),
    codes: codes.length,
    undecided: (await links.execute()).length,
    confirmed: (await told.execute()).length,
    unfinished: (await unfinished.execute()).length,
  };
}
