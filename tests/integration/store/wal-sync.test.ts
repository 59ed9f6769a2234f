import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWalSync } from '#src/adapters/store/wal-sync.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wal-sync-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('brings the log to the disk for everybody who asks, also while the disk works', async () => {
  const file = join(folder, 'bot.db');
  const sqlite = new SQLite(file);
  sqlite.pragma('journal_mode = WAL');
  sqlite.exec('create table notes (text text)');
  const wal = createWalSync(file);
  const waiting = [1, 2, 3].map(async (note) => {
    sqlite.prepare('insert into notes values (?)').run(`note ${note}`);
    await wal.sync();
    return note;
  });
  expect(await Promise.all(waiting)).toEqual([1, 2, 3]);
  await wal[Symbol.asyncDispose]();
  // The database keeps its locks and its log.
  sqlite.prepare('insert into notes values (?)').run('after');
  expect(sqlite.prepare('select count(*) as count from notes').get()).toEqual({ count: 4 });
  sqlite.close();
});

it('says that the storage is not available when there is no log, and tries again the next time', async () => {
  const file = join(folder, 'bot.db');
  const wal = createWalSync(file);
  const all = await Promise.allSettled([wal.sync(), wal.sync()]);
  for (const one of all) expect(one).toMatchObject({ reason: expect.any(StorageUnavailable) });
  const sqlite = new SQLite(file);
  sqlite.pragma('journal_mode = WAL');
  sqlite.exec('create table notes (text text)');
  await wal.sync();
  await wal[Symbol.asyncDispose]();
  sqlite.close();
});
