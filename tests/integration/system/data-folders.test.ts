import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings } from '#config/settings.ts';
import { openSqlite } from '#src/adapters/store/open-sqlite.ts';
import { openDataFolders } from '#src/compose/data-folders.ts';
import { startProblems } from '#src/start-problem.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';

const postgres = 'postgres://bot:pw@db/bot';
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'));
  file = join(folder, 'file');
  await writeFile(file, 'not a folder');
});
afterAll(() => rm(folder, { recursive: true }));

async function problemsOf(env: Record<string, string>) {
  try {
    await using _folders = await openDataFolders(loadSettings(env));
  } catch (error) {
    return startProblems(error);
  }
  throw new Error('they opened');
}

describe('the folders for what people send', () => {
  it('are made with those above them, for nobody else, and may be there already', async () => {
    const place = join(folder, 'deep', 'down');
    for (const _time of ['first', 'second']) {
      await using folders = await openDataFolders(loadSettings({ DATA_DIR: place }));
      expect(folders.media).toBe(join(place, 'media'));
      expect((await stat(folders.spool)).mode & 0o777).toBe(0o700);
    }
  });

  it('are temporary with a database in memory', async () => {
    let media: string;
    {
      await using folders = await openDataFolders(loadSettings({ DATABASE_URL: 'sqlite::memory:' }));
      media = folders.media;
      expect(existsSync(media)).toBe(true);
    }
    expect(existsSync(media)).toBe(false);
  });

  it('are told by the setting that says where, when a file is in the way', async () => {
    const told = (name: string) => [
      expect.stringMatching(new RegExp(`^${name} points to a place where no folder can be made \\(${file}`)),
    ];
    expect(await problemsOf({ DATA_DIR: file })).toEqual(told('DATA_DIR'));
    expect(await problemsOf({ DATA_DIR: file, DATABASE_URL: postgres })).toEqual(told('DATA_DIR'));
    expect(await problemsOf({ DATABASE_URL: `sqlite:///${file}/bot.db` })).toEqual(told('DATABASE_URL'));
  });

  // Root may write everywhere else.
  it.skipIf(process.getuid?.() === 0)('are told by that setting when they may not be written', async () => {
    const locked = await mkdtemp(join(folder, 'locked-'));
    await chmod(locked, 0o500);
    for (const env of [{ DATA_DIR: locked }, { DATA_DIR: locked, DATABASE_URL: postgres }]) {
      expect(await problemsOf(env)).toEqual([
        expect.stringContaining(`DATA_DIR names a folder that cannot be written (${locked})`),
      ]);
    }
  });

  it.skipIf(!existsSync('/sys/kernel'))('are told when even root may not write', async () => {
    expect(await problemsOf({ DATA_DIR: '/sys/kernel' })).toEqual([
      expect.stringContaining('DATA_DIR names a folder that cannot be written (/sys/kernel)'),
    ]);
  });
});

describe.skipIf(!existsSync('/proc/self'))('a place where the system makes no folders', () => {
  it('is told at once', async () => {
    expect(await problemsOf({ DATA_DIR: '/proc/x' })).toEqual([
      'DATA_DIR points to a place where no folder can be made (/proc/x). Check the path.',
    ]);
  });

  it('is told at once for a database file, too', async () => {
    const error: unknown = await openSqlite('/proc/x/bot.db', { log: createQuietLog() }).catch(
      (thrown: unknown) => thrown,
    );
    expect(startProblems(error)).toEqual([
      'DATABASE_URL points to a place where no file can be opened (/proc/x). Check the path.',
    ]);
  });
});
