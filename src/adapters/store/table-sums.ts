import { type Kysely, sql } from 'kysely';
import type { AnyRow, TableShape } from './copied-tables.ts';
import type { Database } from './schema.ts';

/** What two copies of a table must have in common. */
export interface TableSums {
  readonly rows: number;
  /** UTF-8 bytes of all its texts. */
  readonly textBytes: number;
  /** Sum of all its numbers, each rounded down: the same on both engines, whatever their floating point. */
  readonly numbers: number;
}

export const noSums: TableSums = { rows: 0, textBytes: 0, numbers: 0 };

/** Sums with one more row. */
export function withRow(sums: TableSums, row: AnyRow): TableSums {
  let { textBytes, numbers } = sums;
  for (const value of Object.values(row)) {
    if (typeof value === 'string') textBytes += Buffer.byteLength(value);
    else if (value !== null) numbers += Math.floor(value);
  }
  return { rows: sums.rows + 1, textBytes, numbers };
}

/** The sums of a table in Postgres, of the rows that are copied. */
export async function sumsInPostgres(db: Kysely<Database>, shape: TableShape): Promise<TableSums> {
  const { name, columns, textColumns, condition } = shape;
  const total = (terms: string[]) =>
    terms.length === 0 ? '0' : `coalesce(sum(${terms.map((term) => `coalesce(${term}, 0)`).join(' + ')}), 0)`;
  const bytes = total(textColumns.map((column) => `octet_length("${column}")::bigint`));
  const numbers = total(
    columns.filter((column) => !textColumns.includes(column)).map((column) => `floor("${column}")`),
  );
  const query = `select count(*) as "rows", ${bytes} as "textBytes", ${numbers} as "numbers" from ${name} where ${condition}`;
  const { rows } = await sql.raw<TableSums>(query).execute(db);
  return rows[0] ?? noSums;
}

/** Whether two copies of a table agree. */
export function areSame(one: TableSums, other: TableSums): boolean {
  return one.rows === other.rows && one.textBytes === other.textBytes && one.numbers === other.numbers;
}
