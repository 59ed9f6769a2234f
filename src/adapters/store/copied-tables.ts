import type SQLite from 'better-sqlite3';
import type { JobName } from '#src/ports/jobs.ts';
import type { Database } from './schema.ts';

/** Jobs that every start makes again, from what is unanswered and from the clock: waiting ones need not be copied. */
const madeAtStart = [
  'answer-user',
  'remove-old-media',
  'sum-usage',
  'settle-reports',
  'sync-templates',
  'send-broadcast',
] as const satisfies readonly JobName[];

/**
 * Every table, in an order in which what is referred to comes first, and which of its rows another engine needs. Failed jobs are all
 * the owner has to see why somebody was not answered.
 */
export const copiedRows = {
  users: 'all',
  user_identities: 'all',
  past_identities: 'all',
  link_codes: 'all',
  link_tries: 'all',
  conversations: 'all',
  turns: 'all',
  messages: 'all',
  attachments: 'all',
  attachment_pages: 'all',
  outbound_parts: 'all',
  uploads: 'all',
  early_reports: 'all',
  early_corrections: 'all',
  consents: 'all',
  erasures: 'all',
  erased_messages: 'all',
  templates: 'all',
  idempotency_keys: 'all',
  broadcasts: 'all',
  broadcast_recipients: 'all',
  channel_stops: 'all',
  channel_alerts: 'all',
  usage_entries: 'all',
  // With the entries, which tell whether they are in these sums.
  usage_days: 'all',
  usage_totals: 'all',
  notices: 'all',
  jobs: `(state = 'failed' or name not in ('${madeAtStart.join("', '")}'))`,
  // Who is alive on the old engine says nothing about the new one.
  workers: 'none',
  // Windows of a minute, counted anew.
  rate_limits: 'none',
} as const satisfies Record<keyof Database, string>;

export type TableName = keyof Database;

/** Made from the rows of other tables, of which nothing is lost with them. */
export const derivedTables: readonly TableName[] = ['usage_days', 'usage_totals'];

/** The tables that are copied, in their order. */
export const copiedTables = (Object.keys(copiedRows) as TableName[]).filter(
  (table) => copiedRows[table] !== 'none',
);

/** A row of any table: nothing else is stored than these. */
export type AnyRow = Readonly<Record<string, string | number | null>>;

/** What is known about a table from the file itself. */
export interface TableShape {
  readonly name: TableName;
  readonly columns: readonly string[];
  readonly textColumns: readonly string[];
  readonly primaryKey: readonly string[];
  /** An SQL condition that holds on both engines for the rows that are copied. */
  readonly condition: string;
}

/** Reads the shape of a table. */
export function shapeOf(sqlite: SQLite.Database, name: TableName): TableShape {
  const columns = sqlite
    .prepare<[string], { name: string; type: string; pk: number }>(
      'select name, type, pk from pragma_table_info(?)',
    )
    .all(name);
  const rows = copiedRows[name];
  return {
    name,
    columns: columns.map((column) => column.name),
    textColumns: columns.filter(({ type }) => type.toLowerCase() === 'text').map((column) => column.name),
    primaryKey: columns.filter(({ pk }) => pk > 0).map((column) => column.name),
    condition: rows === 'all' ? '1 = 1' : rows,
  };
}

/** The rows of a table that are copied, one after the other, without NUL characters, which Postgres does not take. */
export function* rowsOf(sqlite: SQLite.Database, { name, condition }: TableShape): Generator<AnyRow> {
  const rows = sqlite.prepare<[], AnyRow>(`select * from ${name} where ${condition}`).iterate();
  for (const row of rows) {
    yield Object.fromEntries(
      Object.entries(row).map(([column, value]) => [
        column,
        typeof value === 'string' ? value.replaceAll('\0', '') : value,
      ]),
    );
  }
}

/** One statement's worth of rows. */
const mostRows = 500;
const mostCharacters = 4_000_000;

/** Rows in groups that fit a statement and the memory, however long their texts are. */
export function* batchesOf(rows: Iterable<AnyRow>): Generator<AnyRow[]> {
  let batch: AnyRow[] = [];
  let characters = 0;
  for (const row of rows) {
    batch.push(row);
    for (const value of Object.values(row)) if (typeof value === 'string') characters += value.length;
    if (batch.length < mostRows && characters < mostCharacters) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}
