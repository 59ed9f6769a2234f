import type SQLite from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { SettingsWrong } from '#src/domain/errors.ts';
import { type AnyRow, derivedTables, type TableShape } from './copied-tables.ts';
import type { Database } from './schema.ts';

/** Keys a query: what is read and what is removed at once. */
const mostKeys = 500;

/**
 * Removes from Postgres what an earlier copy brought and the SQLite file no longer holds: people who were erased, failures that were
 * discarded, pages that were read anew. Before copying, because what is gone may stand in the way of what has taken its place.
 * @param shapes what is referred to first
 * @throws SettingsWrong, and removes nothing, when the rows may be somebody's own rather than those of an earlier copy
 */
export async function removeGone(
  source: SQLite.Database,
  db: Kysely<Database>,
  shapes: readonly TableShape[],
): Promise<void> {
  await assertSharesPeople(source, db);
  const hasWorked = await hasBotWorkedOn(db);
  for (const shape of shapes.toReversed()) {
    for await (const gone of goneKeys(source, db, shape)) {
      // Sums that were made there since go, and the entries in them are unsummed again, as in the file.
      if (hasWorked && !derivedTables.includes(shape.name)) throw standsInTheWay(shape.name);
      const { name, primaryKey, condition } = shape;
      await sql`delete from ${sql.table(name)} where (${refs(primaryKey)}) in (${sql.join(
        gone.map((key) => tuple(primaryKey, key)),
      )}) and ${sql.raw(condition)}`.execute(db);
    }
  }
}

/** Says that Postgres holds what no copy of this file brought there. */
export function standsInTheWay(table: string): SettingsWrong {
  return new SettingsWrong([
    `Postgres already holds other ${table} of its own that stand in the way. Copy into an empty database.`,
  ]);
}

/** A copy of a wholly different file is nothing to tidy up. */
async function assertSharesPeople(source: SQLite.Database, db: Kysely<Database>): Promise<void> {
  const isHere = source.prepare('select 1 from users where id = ?');
  let holdsPeople = false;
  let after: string | undefined;
  do {
    const people = await db
      .selectFrom('users')
      .select('id')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(mostKeys)
      .execute();
    if (people.some(({ id }) => isHere.get(id))) return;
    holdsPeople ||= people.length > 0;
    after = people.at(-1)?.id;
  } while (after !== undefined);
  if (holdsPeople) throw standsInTheWay('users');
}

/** The schema of the queue is made by the first process that works on a database, and by no copy. */
async function hasBotWorkedOn(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_namespace where nspname = 'pgboss'`.execute(db);
  return rows.length > 0;
}

/** Primary keys of a table in Postgres that are not among the copied rows of the file, in groups. */
async function* goneKeys(
  source: SQLite.Database,
  db: Kysely<Database>,
  { name, primaryKey, condition }: TableShape,
): AsyncGenerator<AnyRow[]> {
  const keys = primaryKey.map((column) => `"${column}"`).join(', ');
  const isOneOf = primaryKey.map((column) => `"${column}" = ?`).join(' and ');
  const isHere = source.prepare(`select 1 from ${name} where ${isOneOf} and ${condition}`);
  const identify = (row: AnyRow) =>
    JSON.stringify(
      primaryKey.map((column) => row[column]),
      (_, value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '') : value),
    );
  // Copied without NUL, they are not found by what Postgres calls them.
  const hasNul = primaryKey.map((column) => `instr("${column}", char(0)) > 0`).join(' or ');
  const withNul = new Set(
    source
      .prepare<[], AnyRow>(`select ${keys} from ${name} where (${hasNul}) and ${condition}`)
      .all()
      .map(identify),
  );
  let last: AnyRow | undefined;
  do {
    const after = last ? sql`(${refs(primaryKey)}) > ${tuple(primaryKey, last)}` : sql`true`;
    const { rows } = await sql<AnyRow>`select ${refs(primaryKey)} from ${sql.table(name)}
      where ${after} and ${sql.raw(condition)} order by ${refs(primaryKey)} limit ${sql.lit(mostKeys)}`.execute(
      db,
    );
    const gone = rows.filter(
      (row) => !isHere.get(primaryKey.map((column) => row[column])) && !withNul.has(identify(row)),
    );
    if (gone.length > 0) yield gone;
    last = rows.at(-1);
  } while (last);
}

const refs = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)));
const tuple = (columns: readonly string[], row: AnyRow) =>
  sql`(${sql.join(columns.map((column) => row[column] ?? null))})`;
