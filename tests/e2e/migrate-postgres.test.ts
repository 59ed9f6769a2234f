import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openSqlite } from '#src/adapters/store/open-sqlite.ts';
import { makeFilledSqlite, rowsATable } from '#tests/support/filled-sqlite.ts';
import { createDatabase } from '#tests/support/postgres-server.ts';
import { startProduct } from '#tests/support/product.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { signedWebhook, textMessage } from '#tests/support/twilio-webhook.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let folder: string;
let file: string;
let made: Awaited<ReturnType<typeof createDatabase>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'));
  file = await makeFilledSqlite(folder);
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  made = await createDatabase(inject('postgresUrl'));
});
afterEach(() => made[Symbol.asyncDispose]());

/** Runs the program as `npm run migrate:postgres` does. */
async function migrate(options: {
  args?: readonly string[];
  env?: Record<string, string>;
  /** kill -9 as soon as this has been printed. */
  killAt?: string;
}): Promise<{ code: number | null; printed: string }> {
  const child = spawn(process.execPath, ['src/migrate-postgres.ts', ...(options.args ?? [])], {
    cwd: new URL('../..', import.meta.url).pathname,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (options.killAt && printed.includes(options.killAt)) child.kill('SIGKILL');
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, printed };
}
const from = () => ['--from', `sqlite:///${file}`];
async function countOf(table: string): Promise<number> {
  const client = new Client({ connectionString: made.url });
  await client.connect();
  try {
    return Number((await client.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count);
  } finally {
    await client.end();
  }
}

describe('npm run migrate:postgres', () => {
  it('goes on after kill -9, and says that both hold the same', async () => {
    const killed = await migrate({ args: [...from(), '--to', made.url], killAt: 'conversations: ' });
    expect(killed.code).toBeNull();
    expect(await countOf('users')).toBe(rowsATable);
    expect(killed.printed).not.toContain('Both databases hold the same');

    const done = await migrate({ args: [...from(), '--to', made.url] });
    expect(done.printed).toContain('Both databases hold the same.');
    expect(done.printed).toMatch(new RegExp(`^messages +${rowsATable} +${rowsATable} +\\d+ +same$`, 'm'));
    expect(done.printed).toContain(`Set DATA_DIR=${folder}`);
    expect(done.code).toBe(0);
    expect(await countOf('outbound_parts')).toBe(rowsATable);
  });

  it('takes both addresses from the environment', async () => {
    const DATABASE_URL = `sqlite:///${file}`;
    const done = await migrate({ env: { DATABASE_URL, TARGET: made.url } });
    expect(done).toMatchObject({ code: 0 });
    const again = await migrate({ args: from(), env: { DATABASE_URL: made.url } });
    expect(again).toMatchObject({ code: 0 });
  });

  it('ends with 1 when the two differ', async () => {
    await migrate({ args: [...from(), '--to', made.url] });
    const client = new Client({ connectionString: made.url });
    await client.connect();
    await client.query(`create function shorten() returns trigger as $$ begin new.expires_at = 'x'; return new; end $$ language plpgsql;
      create trigger shorten before insert or update on notices for each row execute function shorten();
      delete from notices`);
    await client.end();
    const { code, printed } = await migrate({ args: [...from(), '--to', made.url] });
    expect(printed).toContain('These tables differ: notices.');
    expect(code).toBe(1);
  });

  it('says in one sentence what is wrong, without the password', async () => {
    const wrong = new URL(made.url);
    wrong.password = 'kept-quiet-5f3a';
    const { code, printed } = await migrate({ args: [...from(), '--to', wrong.href] });
    expect(printed).toContain('- Postgres refuses the user or the password');
    expect(printed).not.toMatch(/kept-quiet| {4}at /);
    expect(code).toBe(1);
    expect((await migrate({ args: ['--form', 'x'] })).printed).toMatch(/^Usage: /);
    expect((await migrate({ args: ['--to', 'mysql://bot:kept-quiet@host/db'] })).printed).toMatch(
      /^- --to .*postgres:\/\/user:password@host/m,
    );
  });

  it('refuses while the bot is running', async () => {
    await using _bot = await openSqlite(file, { log: createQuietLog() });
    const { code, printed } = await migrate({ args: [...from(), '--to', made.url] });
    expect(printed).toContain(
      '- The bot, or another copy, is running on the SQLite file. Stop it first, and copy again.',
    );
    expect(printed).not.toContain('DATABASE_URL');
    expect(code).toBe(1);
  });

  it('takes a message along that nobody answered yet, and it is answered once on Postgres', async () => {
    const home = await mkdtemp(join(tmpdir(), 'moving-'));
    const authToken = 'the auth token';
    const env = {
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: authToken,
      // Nobody listens there: the answer is stored, and stays ours.
      TWILIO_BASE_URL: 'http://127.0.0.1:1',
      WHITELISTED_USERS: '*',
    };
    try {
      const before = await startProduct({ folder: home, env: { ...env, REPLY_DELAY_MS: '60000' } });
      await using _before = before;
      const url = `${before.url}/webhook`;
      const { headers, body } = signedWebhook({
        authToken,
        url,
        params: textMessage({ from: '+15550001111', body: 'is anybody there?' }),
      });
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
      expect(await before.stop('SIGTERM')).toBe(0);

      const moved = await migrate({
        args: ['--from', `sqlite:///${join(home, 'bot.db')}`, '--to', made.url],
      });
      expect(moved.printed).toContain('Both databases hold the same.');
      expect(await countOf('messages')).toBe(1);
      expect(await countOf('turns')).toBe(0);

      await using _after = await startProduct({
        folder: home,
        env: { ...env, DATABASE_URL: made.url, DATA_DIR: home, REPLY_DELAY_MS: '0' },
      });
      await waitFor('the answer', async () => (await countOf('outbound_parts')) > 0, 30_000);
      expect(await countOf('turns')).toBe(1);
      const late = await migrate({ args: ['--from', `sqlite:///${join(home, 'bot.db')}`, '--to', made.url] });
      expect(late.printed).toContain('is running on Postgres. Stop it first.');
      expect(late.code).toBe(1);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
