import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCheckpoints } from '#src/adapters/store/open-checkpoints.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('brings what was committed into the database while its writer goes on', async () => {
  const file = join(folder, 'bot.db');
  const sqlite = new SQLite(file);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('wal_autocheckpoint = 0');
  sqlite.exec('create table notes (text text)');
  const insert = sqlite.prepare('insert into notes values (?)');
  const checkpoints = openCheckpoints(file, { log: createQuietLog() });
  try {
    insert.run('a note that can be found in the file');
    expect(await readFile(file, 'latin1')).not.toContain('can be found');
    checkpoints.commit();
    await waitFor('the note in the file', async () =>
      (await readFile(file, 'latin1')).includes('can be found'),
    );
    insert.run('another');
    expect(sqlite.prepare('select count(*) as count from notes').get()).toEqual({ count: 2 });
  } finally {
    await checkpoints[Symbol.asyncDispose]();
    sqlite.close();
  }
});

it('leaves the writer alone when it cannot even open the file', async () => {
  const log = createQuietLog();
  const checkpoints = openCheckpoints(join(folder, 'nowhere.db'), { log });
  checkpoints.commit();
  await waitFor('a word in the log', () => log.lines.length > 0);
  await checkpoints[Symbol.asyncDispose]();
});
