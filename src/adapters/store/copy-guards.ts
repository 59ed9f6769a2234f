import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import SQLite from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { SettingsWrong } from '#src/domain/errors.ts';
import type { Log } from '#src/ports/system.ts';
import { arrivalFileOf } from './arrival-log.ts';
import { migrations } from './migrations/all.ts';
import type { Database } from './schema.ts';

/*
 * What must hold before an SQLite file is copied into Postgres, so that nobody is answered twice or forgotten. Each throws
 * SettingsWrong with a sentence that says what to do.
 */

/** A file of another version has other columns, or none at all. */
export function assertSameForm(source: SQLite.Database): void {
  const isOurs = source.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (!isOurs) throw new SettingsWrong(['The SQLite file is not a database of this bot.']);
  const done = source.prepare<[], string>('select name from kysely_migration').pluck().all();
  const known = Object.keys(migrations);
  if (known.some((name) => !done.includes(name))) {
    throw new SettingsWrong([
      'The SQLite file is from an older version. Start this version of the bot on it once, stop it, and copy again.',
    ]);
  }
  if (done.some((name) => !known.includes(name))) {
    throw new SettingsWrong(['The SQLite file is from a newer version. Copy it with that version.']);
  }
}

/** Messages that were acknowledged but have not reached the database would be left behind. */
export function assertNothingWaits(file: string, log: Log): void {
  const arrivals = arrivalFileOf(file);
  if (!existsSync(arrivals)) return;
  using stack = new DisposableStack();
  const sqlite = stack.adopt(new SQLite(arrivals, { readonly: true }), (opened) => void opened.close());
  const count = (table: string) => {
    const isThere = sqlite
      .prepare("select 1 from sqlite_master where type = 'table' and name = ?")
      .get(table);
    return isThere ? Number(sqlite.prepare(`select count(*) from ${table}`).pluck().get()) : 0;
  };
  if (count('arrivals') > 0) {
    throw new SettingsWrong([
      'The bot has accepted messages that it has not stored yet. Start it once and stop it, so that it stores what it accepted, and copy again.',
    ]);
  }
  const setAside = count('set_aside');
  if (setAside > 0)
    log.warn({ setAside, file: arrivals }, 'messages that could never be stored stay in this file');
}

/** How long a process that is just closing may take to be gone, in milliseconds. */
const goneWithinMs = 5_000;
const lookEveryMs = 100;

/** A bot that runs on Postgres would answer people whose messages are only half copied. */
export async function assertNobodyWorksOn(db: Kysely<Database>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const { rows } = await sql`select 1 from pg_stat_activity where datname = current_database()
      and pid <> pg_backend_pid() and application_name like 'whatsapp-media-assistant%'`.execute(db);
    if (rows.length === 0) return;
    if (waitedMs >= goneWithinMs) {
      throw new SettingsWrong(['The bot, or another copy, is running on Postgres. Stop it first.']);
    }
    await pause(lookEveryMs);
  }
}

/** Ids grow with time: a larger one in Postgres means that the bot has worked there since, and the file is the older of the two. */
export async function assertNotBehind(source: SQLite.Database, db: Kysely<Database>): Promise<void> {
  for (const table of ['users', 'messages', 'turns'] as const) {
    const last = source.prepare<[], string>(`select max(id) from ${table}`).pluck().get() ?? '';
    const { rows } = await sql<{ id: string | null }>`select max(id) as id from ${sql.table(table)}`.execute(
      db,
    );
    if ((rows[0]?.id ?? '') > last) {
      throw new SettingsWrong([
        `Postgres holds ${table} that are newer than those in the SQLite file: the bot has already worked there. Copy into an empty database.`,
      ]);
    }
  }
}
