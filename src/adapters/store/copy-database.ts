import { existsSync } from 'node:fs';
import SQLite from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type { PostgresTarget, SqliteTarget } from '#config/database-target.ts';
import { SettingsWrong } from '#src/domain/errors.ts';
import type { Log } from '#src/ports/system.ts';
import { type AnyRow, batchesOf, copiedTables, rowsOf, shapeOf, type TableShape } from './copied-tables.ts';
import { assertNobodyWorksOn, assertNotBehind, assertNothingWaits, assertSameForm } from './copy-guards.ts';
import { lockDatabase } from './lock-database.ts';
import { openPostgres } from './open-postgres.ts';
import { removeGone, standsInTheWay } from './remove-gone.ts';
import type { Database } from './schema.ts';
import { raceOf } from './storage-errors.ts';
import { areSame, noSums, sumsInPostgres, type TableSums, withRow } from './table-sums.ts';

/** How one table came out of a copy. */
export interface TableReport {
  readonly table: string;
  readonly source: TableSums;
  readonly target: TableSums;
  readonly isSame: boolean;
}

interface CopyDeps {
  readonly log: Log;
  /** Told after each table, for those who wait. */
  readonly onTable?: (table: string, rows: number) => void;
}

/** The sums of a large table take minutes, in milliseconds. */
const queryTimeoutMs = 30 * 60_000;

/**
 * Copies an SQLite database into Postgres and compares the two. The file is only read. It can be repeated: rows that are already
 * there are left alone, those that have changed since are brought up to date, those that are gone are removed, and a copy that was
 * interrupted goes on.
 * @throws SettingsWrong when one of the two is not ready for it, AppError `already_running` while the bot works on the file
 */
export async function copyDatabase(
  from: SqliteTarget,
  to: Pick<PostgresTarget, 'url'>,
  { log, onTable }: CopyDeps,
): Promise<TableReport[]> {
  if (!existsSync(from.file)) throw new SettingsWrong([`There is no SQLite database at ${from.file}.`]);
  using stack = new DisposableStack();
  stack.use(lockDatabase(from.file, { log }));
  const source = stack.adopt(new SQLite(from.file, { readonly: true, fileMustExist: true }), (sqlite) => {
    sqlite.close();
  });
  assertSameForm(source);
  assertNothingWaits(from.file, log);
  // One connection: whoever else is connected is somebody else.
  const address = { engine: 'postgres', url: to.url, poolSize: 1 } as const;
  await using target = await openPostgres(address, { log, queryTimeoutMs });
  await assertNobodyWorksOn(target.db);
  await assertNotBehind(source, target.db);

  const copied: { shape: TableShape; sums: TableSums }[] = [];
  const shapes = copiedTables.map((table) => shapeOf(source, table));
  await removeGone(source, target.db, shapes);
  for (const shape of shapes) {
    const sums = await copyTable(source, target.db, shape);
    copied.push({ shape, sums });
    onTable?.(shape.name, sums.rows);
  }
  const reports: TableReport[] = [];
  for (const { shape, sums } of copied) {
    const arrived = await sumsInPostgres(target.db, shape);
    reports.push({ table: shape.name, source: sums, target: arrived, isSame: areSame(sums, arrived) });
  }
  return reports;
}

async function copyTable(
  source: SQLite.Database,
  db: Kysely<Database>,
  shape: TableShape,
): Promise<TableSums> {
  let sums = noSums;
  for (const batch of batchesOf(rowsOf(source, shape))) {
    await store(db, shape, batch);
    for (const row of batch) sums = withRow(sums, row);
  }
  return sums;
}

/** One statement, and so one transaction, a batch. */
async function store(db: Kysely<Database>, shape: TableShape, batch: readonly AnyRow[]): Promise<void> {
  const { name, columns, primaryKey } = shape;
  const names = (list: readonly string[], owner?: string) =>
    sql.join(list.map((column) => sql.ref(owner ? `${owner}.${column}` : column)));
  const values = sql.join(
    batch.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`),
  );
  const others = columns.filter((column) => !primaryKey.includes(column));
  const updates = sql.join(
    others.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`),
  );
  try {
    await sql`insert into ${sql.table(name)} (${names(columns)}) values ${values}
      on conflict (${names(primaryKey)}) do update set ${updates}
      where (${names(others, name)}) is distinct from (${names(others, 'excluded')})`.execute(db);
  } catch (error) {
    if (raceOf(error) !== 'duplicate') throw error;
    throw standsInTheWay(name);
  }
}
