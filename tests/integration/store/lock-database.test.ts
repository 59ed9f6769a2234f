import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqlite } from '#src/adapters/store/open-sqlite.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';

const root = new URL('../../..', import.meta.url).pathname;
let folder: string;
let file: string;
let other: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  file = join(folder, 'bot.db');
});
afterEach(async () => {
  other?.kill('SIGKILL');
  other = undefined;
  await rm(folder, { recursive: true });
});

/** Another process that has the database, for some time after it was noticed. */
async function holdElsewhere(forMs: number): Promise<void> {
  const script = `
    import { lockDatabase } from './src/adapters/store/lock-database.ts';
    const lock = lockDatabase(${JSON.stringify(file)}, { log: console });
    process.stdout.write('held');
    setTimeout(() => lock[Symbol.dispose](), ${forMs});`;
  const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  other = holder;
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
}

describe('a second process on an SQLite file', () => {
  it('says that it waits, and goes on once the first has closed', async () => {
    await holdElsewhere(500);
    const log = createQuietLog();
    await using _database = await openSqlite(file, { log });
    const waits = log.lines.filter(({ message }) => message.includes('waiting for it to end'));
    expect(waits).toMatchObject([{ level: 'warn', facts: { seconds: 10 } }]);
  });

  it('says nothing when it is the only one', async () => {
    const log = createQuietLog();
    await using _database = await openSqlite(file, { log });
    expect(log.lines.filter(({ message }) => message.includes('waiting'))).toEqual([]);
  });

  it('gives up after its patience', { timeout: 30_000 }, async () => {
    await holdElsewhere(25_000);
    await expect(openSqlite(file, { log: createQuietLog() })).rejects.toMatchObject({
      code: 'already_running',
    });
  });
});
