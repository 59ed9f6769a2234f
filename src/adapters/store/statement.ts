import {
  type Compilable,
  type CompiledQuery,
  type Insertable,
  type Kysely,
  type QueryResult,
  type RawBuilder,
  type SqlBool,
  SqliteAdapter,
  sql,
} from 'kysely';
import type { Database } from './schema.ts';

/** The values of a statement, as they stand in it while it is built. */
export type Given<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

/** A statement whose SQL is known: it is only given its values. */
export interface Statement<Values, Row> {
  all(db: Kysely<Database>, values: Values): Promise<Row[]>;
  first(db: Kysely<Database>, values: Values): Promise<Row | undefined>;
  /** @returns how many rows were inserted, changed or deleted; not for statements that return rows */
  change(db: Kysely<Database>, values: Values): Promise<number>;
}

/** Stands for a value while SQL is built. */
class Place {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement that is built once for each engine and then only filled in. Building one with Kysely takes longer than SQLite needs to
 * run it, and a turn has some thirty of them. What it looks like must not depend on its values: conditions that are there or not
 * need statements of their own, lists go through `isOneOf`.
 * @param build receives a placeholder for each value; what they are is read off its type
 */
export function statement<Values extends object, Row>(
  build: (db: Kysely<Database>, given: Given<Values>) => Compilable<Row>,
): Statement<Values, Row> {
  const built = new Map<boolean, CompiledQuery<Row>>();
  const run = (db: Kysely<Database>, values: Values): Promise<QueryResult<Row>> => {
    const onSqlite = isSqlite(db);
    const query = built.get(onSqlite) ?? build(db, places<Values>()).compile();
    built.set(onSqlite, query);
    const parameters = query.parameters.map((value) =>
      value instanceof Place ? bound(values, value.name, onSqlite) : value,
    );
    return db.executeQuery<Row>({ ...query, parameters });
  };
  return {
    all: async (db, values) => (await run(db, values)).rows,
    first: async (db, values) => (await run(db, values)).rows[0],
    async change(db, values) {
      const { numAffectedRows } = await run(db, values);
      if (numAffectedRows === undefined) throw new TypeError('the statement does not count its changes');
      return Number(numAffectedRows);
    },
  };
}

/** An insert of one row that is built once for each engine. Its columns are those of the first row: the others must have the same. */
export function insertion<Table extends keyof Database & string>(
  table: Table,
): (db: Kysely<Database>, row: Insertable<Database[Table]>) => Promise<void> {
  type Row = Record<string, unknown>;
  let columns: string[] | undefined;
  const insert = statement((db, given: Given<Row>) => {
    const places = (columns ?? []).map((column) => [column, given[column]]);
    return db.insertInto(table).values(Object.fromEntries(places));
  });
  return async (db, row) => {
    const names = Object.keys(row);
    columns ??= names;
    if (names.length !== columns.length) throw new TypeError(`rows of ${table} have different columns`);
    await insert.change(db, row as Row);
  };
}

/** Whether a column has one of the values of a list, which may be of any length: unlike `in (…)` it is always the same SQL. */
export function isOneOf(
  db: Kysely<Database>,
  column: string,
  list: RawBuilder<readonly string[]>,
): RawBuilder<SqlBool> {
  return isSqlite(db)
    ? sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${list}))`
    : sql<SqlBool>`${sql.ref(column)} = any(${list}::text[])`;
}

/** Where the engines' SQL differs. */
export function isSqlite(db: Kysely<Database>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}

function places<Values extends object>(): Given<Values> {
  return new Proxy({} as Given<Values>, { get: (_target, name) => sql`${new Place(String(name))}` });
}

function bound(values: object, name: string, onSqlite: boolean): unknown {
  const value = values[name as keyof typeof values] as unknown;
  // Bound as null it would be a silent loss.
  if (value === undefined) throw new TypeError(`the statement was given no ${name}`);
  return onSqlite && Array.isArray(value) ? JSON.stringify(value) : value;
}
