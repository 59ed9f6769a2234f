import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { openSqlite } from '#src/adapters/store/open-sqlite.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createQuietLog } from './quiet-log.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

/** What people, files and models really put into a text. */
const awkward = [
  'plain',
  'it\'s "quoted" \\ and 100% %s $1 ?; drop table users;--',
  '😀 👩‍👩‍👧 العربية \u200f ｆｕｌｌ \u0301',
  'before\0after\0',
  'line\r\nline\ttab\u0001',
  '',
  `${'ä long text. '.repeat(80_000)}end`,
];
/** Rows of each table. */
export const rowsATable = awkward.length;

/**
 * Makes a real database file with rows in every table there is, so that a table of tomorrow is filled as well: every awkward text,
 * every column that may be empty both empty and filled.
 * @returns the path of the file
 */
export async function makeFilledSqlite(folder: string): Promise<string> {
  const file = join(folder, 'whatsapp_bot.db');
  const made = await openSqlite(file, { log: createQuietLog() });
  await made[Symbol.asyncDispose]();
  using closing = new DisposableStack();
  const sqlite = closing.adopt(new SQLite(file), (database) => void database.close());
  // Tables refer to each other; the order they are filled in is not this test's to know.
  sqlite.pragma('foreign_keys = OFF');
  const tables = tablesOf(sqlite);
  const ids = new Map(tables.map((table) => [table, awkward.map(() => newUuid())]));
  for (const table of tables) {
    const columns = sqlite.prepare<[string], Column>('select * from pragma_table_info(?)').all(table);
    const parents = new Map(
      sqlite
        .prepare<[string], { from: string; table: string }>(
          'select "from", "table" from pragma_foreign_key_list(?)',
        )
        .all(table)
        .map((key) => [key.from, key.table]),
    );
    const indexed = new Set(
      sqlite
        .prepare<[string], string | null>(
          'select columns.name from pragma_index_list(?) as list, pragma_index_info(list.name) as columns',
        )
        .pluck()
        .all(table),
    );
    const longColumn = columns.find(
      ({ name, type }) => /text/i.test(type) && !indexed.has(name) && !parents.has(name),
    )?.name;
    const insert = sqlite.prepare(
      `insert into ${table} (${columns.map(({ name }) => name)}) values (${columns.map(() => '?')})`,
    );
    for (const [at, text] of awkward.entries()) {
      insert.run(
        columns.map((column) => {
          const parent = ids.get(parents.get(column.name) ?? '');
          if (parent) return column.notnull || column.pk || at % 2 === 0 ? parent[at] : null;
          if (column.name === 'id') return ids.get(table)?.[at];
          if (table === 'jobs' && column.name === 'state') return ['failed', 'running', 'waiting'][at % 3];
          if (table === 'jobs' && column.name === 'name')
            return at < 5 ? 'answer-user' : 'a-reminder-of-tomorrow';
          if (!/text/i.test(column.type)) return /int/i.test(column.type) ? at : at + 0.25;
          if (!column.notnull && !column.pk && at % 2 === 1) return null;
          // Unique where it must be, and short enough for an index.
          if (indexed.has(column.name)) return `${at} ${text}`.slice(0, 100);
          return column.name === longColumn ? text : text.slice(0, 20_000);
        }),
      );
    }
  }
  return file;
}

/** The product's own tables in a database file. */
export function tablesOf(sqlite: SQLite.Database): string[] {
  return sqlite
    .prepare<[], string>(
      "select name from sqlite_master where type = 'table' and name not like 'kysely%' and name not like 'sqlite%' order by name",
    )
    .pluck()
    .all();
}
