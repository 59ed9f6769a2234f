import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { Client, types } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openArrivalLog } from '#src/adapters/store/arrival-log.ts';
import { copiedRows, copiedTables } from '#src/adapters/store/copied-tables.ts';
import { copyDatabase } from '#src/adapters/store/copy-database.ts';
import { SettingsWrong } from '#src/domain/errors.ts';
import { makeFilledSqlite, rowsATable, tablesOf } from '#tests/support/filled-sqlite.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createDatabase } from '#tests/support/postgres-server.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

type Row = Record<string, string | number | null>;

let template: string;
let stack: AsyncDisposableStack;
let folder: string;
let file: string;
let url: string;
let postgres: Client;

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'copy-'));
  await makeFilledSqlite(template);
});
afterAll(() => rm(template, { recursive: true }));
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), 'copy-'));
  stack.defer(() => rm(folder, { recursive: true }));
  file = join(folder, 'whatsapp_bot.db');
  await copyFile(join(template, 'whatsapp_bot.db'), file);
  url = stack.use(await createDatabase(inject('postgresUrl'))).url;
  postgres = stack.adopt(new Client({ connectionString: url }), (client) => client.end());
  // As the product reads them.
  postgres.setTypeParser(types.builtins.INT8, Number);
  await postgres.connect();
});
afterEach(() => stack.disposeAsync());

const copy = (onTable?: (table: string) => void) =>
  copyDatabase({ engine: 'sqlite', file }, { url }, { log: createQuietLog(), ...(onTable && { onTable }) });
const inPostgres = async (query: string) => (await postgres.query<Row>(query)).rows;
const inSqlite = (query: string): Row[] => {
  using closing = new DisposableStack();
  return closing
    .adopt(new SQLite(file, { readonly: true }), (sqlite) => void sqlite.close())
    .prepare<[], Row>(query)
    .all();
};
const changeSqlite = (statements: string) => {
  using closing = new DisposableStack();
  closing.adopt(new SQLite(file), (sqlite) => void sqlite.close()).exec(statements);
};
const hashOfFile = () => createHash('sha256').update(readFileSync(file)).digest('hex');
async function problemsOf(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SettingsWrong);
  return (error as SettingsWrong).problems.join('\n');
}

const sorted = (rows: Row[]) => rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();
async function expectSame(): Promise<void> {
  for (const table of copiedTables) {
    const expected = inSqlite(`select * from ${table}`)
      .filter((row) => table !== 'jobs' || row.state === 'failed' || row.name !== 'answer-user')
      .map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            typeof value === 'string' ? value.replaceAll('\0', '') : value,
          ]),
        ),
      );
    expect(expected.length, table).toBeGreaterThan(0);
    expect(sorted(await inPostgres(`select * from ${table}`)), table).toEqual(sorted(expected));
  }
}

describe('copying an SQLite file into Postgres', () => {
  it('brings every table over, character by character, and only reads the file', async () => {
    const before = hashOfFile();
    const reports = await copy();
    expect(reports.map(({ table }) => table)).toEqual(copiedTables);
    expect(reports.filter(({ isSame }) => !isSame)).toEqual([]);
    expect(reports.find(({ table }) => table === 'messages')?.target.rows).toBe(rowsATable);
    await expectSame();
    expect(hashOfFile()).toBe(before);
  });

  it('changes nothing when it is repeated', async () => {
    await copy();
    // The transaction that wrote a row last.
    const writers = async () => {
      const found = [];
      for (const table of copiedTables) found.push(await inPostgres(`select xmin from ${table}`));
      return found;
    };
    const before = await writers();
    expect((await copy()).every(({ isSame }) => isSame)).toBe(true);
    expect(await writers()).toEqual(before);
  });

  it('brings over what has changed and come in between two copies', async () => {
    await copy();
    changeSqlite(
      "update turns set state = 'done'; update outbound_parts set sent_at = '2026', attempts = 9;",
    );
    expect((await copy()).every(({ isSame }) => isSame)).toBe(true);
    await expectSame();
  });

  it('goes on after it was interrupted between tables and within one', async () => {
    await expect(
      copy((table) => {
        if (table === 'turns') throw new Error('the power went');
      }),
    ).rejects.toThrow('the power went');
    await postgres.query(`create function refuse() returns trigger as $$ begin raise 'no'; end $$ language plpgsql;
      create trigger refuse before insert on attachments for each row when (new.position = 3) execute function refuse()`);
    await expect(copy()).rejects.toThrow('no');
    expect(await inPostgres('select id from messages')).toHaveLength(rowsATable);
    expect(await inPostgres('select id from attachments')).toHaveLength(0);
    await postgres.query('drop trigger refuse on attachments');
    expect((await copy()).every(({ isSame }) => isSame)).toBe(true);
    await expectSame();
  });

  it('removes what the file no longer holds, and brings what has taken its place', async () => {
    await copy();
    const [person] = inSqlite("select user_id as id from user_identities where value like '1 %'");
    changeSqlite(`pragma foreign_keys = on;
      delete from attachment_pages where page = 0;
      delete from notices where kind like '3 %';
      delete from jobs where id = (select min(id) from jobs where state = 'failed');
      create temp table moved as select * from user_identities where user_id = '${person?.id}';
      delete from users where id = '${person?.id}';
      update moved set id = 'f' || id, user_id = (select max(id) from users);
      insert into user_identities select * from moved;`);
    expect(inSqlite('select id from users')).toHaveLength(rowsATable - 1);
    const reports = await copy();
    expect(reports.filter(({ isSame }) => !isSame)).toEqual([]);
    await expectSame();
  });

  it('removes thousands of rows, and leaves jobs alone that are not copied', async () => {
    changeSqlite(`with recursive pages (page) as (select 100 union all select page + 1 from pages where page < 1700)
      insert into attachment_pages select (select min(id) from attachments), page, 'text' from pages`);
    await copy();
    await postgres.query(`insert into jobs select (json_populate_record(j, '{"id":"ff","key":"k","state":"waiting"}')).*
      from jobs j where name = 'answer-user' limit 1`);
    changeSqlite('delete from attachment_pages where page % 3 > 0 or page >= 100');
    expect((await copy()).every(({ isSame }) => isSame)).toBe(true);
    expect(await inPostgres('select page from attachment_pages')).toHaveLength(3);
    expect(await inPostgres("select id from jobs where id = 'ff'")).toHaveLength(1);
  });

  it('takes the place of sums that the bot has made on Postgres since', async () => {
    await copy();
    await postgres.query(`create schema pgboss;
      update usage_entries set is_summed = 1;
      update usage_totals set calls = calls + 1;
      insert into usage_days select (json_populate_record(d, '{"day":"9"}')).* from usage_days d limit 1`);
    expect((await copy()).every(({ isSame }) => isSame)).toBe(true);
    await expectSame();
  });

  it('says which table differs', async () => {
    await copy();
    await postgres.query(`create function keep() returns trigger as $$ begin return null; end $$ language plpgsql;
      create trigger keep before delete on attachment_pages for each row execute function keep()`);
    changeSqlite('delete from attachment_pages where page = 0');
    const differing = (await copy()).filter(({ isSame }) => !isSame);
    expect(differing.map(({ table, source, target }) => [table, source.rows, target.rows])).toEqual([
      ['attachment_pages', rowsATable - 1, rowsATable],
    ]);
  });

  it('notices a text that is not the same', async () => {
    await copy();
    await postgres.query(`create function shorten() returns trigger as $$ begin new.content = 'x'; return new; end $$ language plpgsql;
      create trigger shorten before insert or update on messages for each row execute function shorten()`);
    changeSqlite("update messages set content = content || '!'");
    expect((await copy()).filter(({ isSame }) => !isSame).map(({ table }) => table)).toEqual(['messages']);
  });

  it('leaves to the next start what it makes again, and brings every other job', async () => {
    await copy();
    const jobs = await inPostgres('select distinct name, state from jobs order by name, state');
    expect(jobs.map(({ name, state }) => `${name}: ${state}`)).toEqual([
      'a-reminder-of-tomorrow: failed',
      'a-reminder-of-tomorrow: waiting',
      'answer-user: failed',
    ]);
  });
});

describe('a copy is refused', () => {
  it('while the bot works on Postgres', async () => {
    await copy();
    const bot = stack.adopt(
      new Client({ connectionString: url, application_name: 'whatsapp-media-assistant live' }),
      (client) => client.end(),
    );
    await bot.connect();
    expect(await problemsOf(copy())).toContain('running on Postgres');
  });

  it('when the bot has already worked on Postgres', async () => {
    await copy();
    await postgres.query(`insert into messages select (json_populate_record(m, '{"id":"ff","provider_id":"new"}')).*
      from messages m limit 1`);
    expect(await problemsOf(copy())).toContain('messages that are newer');
  });

  it('when Postgres holds other people, and removes none of them', async () => {
    await copy();
    changeSqlite(`pragma foreign_keys = off; update users set id = 'f' || id`);
    expect(await problemsOf(copy())).toContain('already holds other users');
    expect(await inPostgres('select id from users')).toHaveLength(rowsATable);
  });

  it('when a row of Postgres stands in the way of another one', async () => {
    await copy();
    // The first takes what the second was, which Postgres still knows as the second.
    changeSqlite(`create temp table was as select kind, scope, value from user_identities where rowid = 2;
      update user_identities set value = 'new' where rowid = 2;
      update user_identities set (kind, scope, value) = (select * from was) where rowid = 1`);
    expect(await problemsOf(copy())).toContain('already holds other user_identities');
  });

  it('when the bot once worked on Postgres and rows may be its own, and removes none of them', async () => {
    await copy();
    await postgres.query('create schema pgboss');
    expect((await copy()).every(({ isSame }) => isSame)).toBe(true);
    changeSqlite('delete from attachment_pages where page = 0');
    expect(await problemsOf(copy())).toContain('already holds other attachment_pages');
    expect(await inPostgres('select page from attachment_pages')).toHaveLength(rowsATable);
  });

  it('while accepted messages wait to be stored', async () => {
    const clock = createTestClock();
    const log = await openArrivalLog(file, { clock, log: createQuietLog() });
    await log.append([inboundText('+15550001111', 'hello')]);
    await log[Symbol.asyncDispose]();
    expect(await problemsOf(copy())).toContain(
      'Start it once and stop it, so that it stores what it accepted',
    );
    const again = await openArrivalLog(file, { clock, log: createQuietLog() });
    await again.forget(1);
    await again[Symbol.asyncDispose]();
    expect((await copy()).every(({ isSame }) => isSame)).toBe(true);
  });

  it('when there is no file, and makes none', async () => {
    const missing = { engine: 'sqlite', file: join(folder, 'none', 'none.db') } as const;
    const problems = await problemsOf(copyDatabase(missing, { url }, { log: createQuietLog() }));
    expect(problems).toContain('There is no SQLite database');
  });

  it.each([
    ['delete from kysely_migration where name = (select max(name) from kysely_migration)', 'older version'],
    ["insert into kysely_migration values ('9999-tomorrow', '2030')", 'newer version'],
    ['drop table kysely_migration', 'not a database of this bot'],
  ])('when the file has another form: %s', async (change, words) => {
    changeSqlite(change);
    expect(await problemsOf(copy())).toContain(words);
  });
});

describe('the list of copied tables', () => {
  it('knows every table there is, those that are referred to first', () => {
    using closing = new DisposableStack();
    const sqlite = closing.adopt(new SQLite(file), (database) => void database.close());
    expect(Object.keys(copiedRows).sort()).toEqual(tablesOf(sqlite));
    for (const [at, table] of copiedTables.entries()) {
      const parents = sqlite
        .prepare<[string], string>('select "table" from pragma_foreign_key_list(?)')
        .pluck()
        .all(table);
      for (const parent of parents) {
        expect(copiedTables.slice(0, at), `${table} refers to it`).toContain(parent);
      }
    }
  });
});
