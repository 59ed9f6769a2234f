import { type Kysely, SqliteAdapter, sql } from 'kysely';

/** What is added up, but for the calls. */
const measures = [
  'prompt_tokens',
  'cached_tokens',
  'completion_tokens',
  'total_tokens',
  'audio_seconds',
  'cost_micros',
];

/** Sums of each day, so that a report does not add up every entry there is; `is_summed` tells which entries are in them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('usage_entries')
    .addColumn('is_summed', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  // As many indexes as before for a new entry.
  await db.schema.dropIndex('usage_entries_day').execute();
  await db.schema
    .createIndex('usage_entries_unsummed')
    .on('usage_entries')
    .columns(['day', 'user_id'])
    .where(sql<boolean>`is_summed = 0`)
    .execute();

  // No index by person: their neighbors of a day are written together, those of a person never.
  await addSums(db, 'usage_days', ['day', 'user_id', 'model']);
  await addSums(db, 'usage_totals', ['day', 'model']);
  await lessenTotals(db);
}

async function addSums(db: Kysely<unknown>, table: string, keys: readonly string[]): Promise<void> {
  let made = db.schema.createTable(table).addPrimaryKeyConstraint(`${table}_key`, keys as never[]);
  for (const key of keys) {
    made = made.addColumn(key, 'text', (column) =>
      key === 'user_id' ? column.notNull().references('users.id').onDelete('cascade') : column.notNull(),
    );
  }
  for (const name of ['calls', ...measures]) {
    // Everybody's tokens of a day may be more than four bytes hold.
    const type = name === 'audio_seconds' ? 'double precision' : 'bigint';
    made = made.addColumn(name, type, (column) => column.notNull());
  }
  // On SQLite the key and the rows are one tree then, and a report reads its days in one piece.
  await (isSqlite(db) ? made.modifyEnd(sql`without rowid`) : made).execute();
}

/** Whoever is erased takes their sums along, and with them their part of everybody's. */
async function lessenTotals(db: Kysely<unknown>): Promise<void> {
  const less = ['calls', ...measures].map((name) => `${name} = ${name} - old.${name}`).join(', ');
  const row = 'day = old.day and model = old.model';
  const body = `update usage_totals set ${less} where ${row}; delete from usage_totals where ${row} and calls <= 0;`;
  const trigger = 'create trigger usage_days_erased after delete on usage_days for each row';
  if (isSqlite(db)) {
    await sql.raw(`${trigger} begin ${body} end`).execute(db);
    return;
  }
  await sql
    .raw(
      `create function lessen_usage_totals() returns trigger language plpgsql as $$ begin ${body} return null; end $$`,
    )
    .execute(db);
  await sql.raw(`${trigger} execute function lessen_usage_totals()`).execute(db);
}

function isSqlite(db: Kysely<unknown>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}
