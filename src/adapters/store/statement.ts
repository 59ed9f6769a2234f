import {
  type Compilable,
  type CompiledQuery,
  type Kysely,
  type RawBuilder,
  SqliteAdapter,
  sql,
} from 'kysely';
import type { Database } from './schema.ts';

/** The values of a statement, as they stand in it while it is built. */
export type Given<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

/** A statement whose SQL is known: rows for given values. */
export interface Statement<Values, Row> {
  all(db: Kysely<Database>, values: Values): Promise<Row[]>;
  first(db: Kysely<Database>, values: Values): Promise<Row | undefined>;
  /** @returns how many rows were changed or deleted */
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
 * run it, and a turn has some thirty of them. What it looks like must not depend on its values: lists, and conditions that are there
 * or not, need statements of their own.
 * @param build receives a placeholder for each value
 */
export function statement<Values extends object, Row = unknown>(
  build: (db: Kysely<Database>, given: Given<Values>) => Compilable<Row>,
): Statement<Values, Row> {
  const built = new Map<boolean, CompiledQuery<Row>>();
  const compile = (db: Kysely<Database>) => {
    const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter;
    const known = built.get(isSqlite);
    if (known) return known;
    const query = build(db, places<Values>()).compile();
    built.set(isSqlite, query);
    return query;
  };
  const run = (db: Kysely<Database>, values: Values) => {
    const query = compile(db);
    const parameters = query.parameters.map((value) =>
      value instanceof Place ? values[value.name as keyof Values] : value,
    );
    return db.executeQuery<Row>({ ...query, parameters });
  };
  return {
    all: async (db, values) => (await run(db, values)).rows,
    first: async (db, values) => (await run(db, values)).rows[0],
    change: async (db, values) => Number((await run(db, values)).numAffectedRows ?? 0n),
  };
}

function places<Values extends object>(): Given<Values> {
  return new Proxy({} as Given<Values>, { get: (_target, name) => sql`${new Place(String(name))}` });
}
