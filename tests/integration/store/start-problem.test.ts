import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseDatabaseUrl } from '#config/database-target.ts';
import { openDatabase } from '#src/adapters/store/open-database.ts';
import { startProblems } from '#src/start-problem.ts';
import { createDatabase } from '#tests/support/postgres-server.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const password = 'kept-quiet-5f3a';
let made: Awaited<ReturnType<typeof createDatabase>>;

beforeAll(async () => {
  made = await createDatabase(inject('postgresUrl'));
});
afterAll(() => made[Symbol.asyncDispose]());

/** A log as the product's own, kept as the text it would print. */
function createPrintedLog() {
  const lines: string[] = [];
  return { lines, log: pino({ base: null }, { write: (line: string) => void lines.push(line) }) };
}

async function failureOf(url: string): Promise<unknown> {
  const target = parseDatabaseUrl(url, 2);
  if (!target) throw new Error('not an address');
  const { log, lines } = createPrintedLog();
  try {
    await using _database = await openDatabase(target, { log });
  } catch (error) {
    expect(inspect(error, { depth: 10, showHidden: true }) + lines.join('')).not.toContain(password);
    return error;
  }
  throw new Error('it opened');
}
function address(
  change: Partial<Record<'username' | 'password' | 'hostname' | 'port' | 'pathname', string>>,
) {
  const url = new URL(made.url);
  return Object.assign(url, { password: url.password, ...change }).href;
}

describe('a Postgres that cannot be used', () => {
  it.each([
    ['a wrong password', { password }, 'refuses the user or the password'],
    ['an unknown user', { username: 'nobody', password }, 'refuses the user or the password'],
    ['a database that is not there', { pathname: '/nothing' }, 'no database of the name'],
    [
      'a host that is not there',
      { hostname: 'postgres.invalid', password },
      'cannot be found (postgres.invalid',
    ],
    [
      'a port where nobody listens',
      { hostname: '127.0.0.1', port: '1', password },
      'answers at the host and port in DATABASE_URL (127.0.0.1:1)',
    ],
  ])('is told in one sentence: %s', async (_what, change, words) => {
    const problems = startProblems(await failureOf(address(change)));
    expect(problems).toHaveLength(1);
    expect(problems?.[0]).toContain(words);
    expect(problems?.[0]).not.toContain(password);
  });

  it('is told when something takes the connection and says nothing', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    try {
      const problems = startProblems(
        await failureOf(address({ hostname: '127.0.0.1', port: String(port), password })),
      );
      expect(problems?.[0]).toContain('does not answer');
    } finally {
      mute.close();
    }
  });

  it('is told when the user may not create tables', async () => {
    await using admin = new AsyncDisposableStack();
    const client = admin.adopt(new Client({ connectionString: made.url }), (open) => open.end());
    await client.connect();
    await client.query(`create role reader login password '${password}'`);
    try {
      const problems = startProblems(await failureOf(address({ username: 'reader', password })));
      expect(problems?.[0]).toContain('may not create tables');
    } finally {
      await client.query('drop role reader');
    }
  });
});

/** Takes a connection as a Postgres with TLS does and shows the certificate; no client that checks it goes further. */
async function startTls(certificate: string): Promise<{ port: number } & AsyncDisposable> {
  const key = readFileSync(fixture('key.pem'));
  const cert = readFileSync(fixture(certificate));
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('S');
      new TLSSocket(socket, { isServer: true, key, cert }).on('error', () => {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}
const fixture = (name: string) => new URL(`../../fixtures/tls/${name}`, import.meta.url).pathname;

describe('a Postgres with TLS', () => {
  it.each([
    ['nobody trusts', 'other-host.pem', '', 'signed by nobody whom this machine trusts'],
    [
      'is for another host',
      'other-host.pem',
      `&sslrootcert=${fixture('other-host.pem')}`,
      'is for another host',
    ],
    ['has expired', 'expired.pem', `&sslrootcert=${fixture('expired.pem')}`, 'has expired'],
  ])('is told when its certificate %s', async (_what, certificate, more, words) => {
    await using server = await startTls(certificate);
    const url = `postgres://bot:${password}@127.0.0.1:${server.port}/bot?sslmode=require${more}`;
    const problems = startProblems(await failureOf(url));
    expect(problems).toEqual([expect.stringContaining(words)]);
    expect(problems?.[0]).not.toContain(password);
  });

  it('is told when it has none', async () => {
    expect(startProblems(await failureOf(`${made.url}?sslmode=require`))).toEqual([
      expect.stringContaining('offers no TLS, but sslmode in DATABASE_URL asks for it'),
    ]);
  });

  it.each([
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ])('is told by the name of the setting for %s', (code) => {
    const error = Object.assign(new Error('as OpenSSL says it'), { code });
    const words = { postgres: 'TARGET', file: '--from', alreadyRunning: '' };
    expect(startProblems(error, words)?.[0]).toContain('to TARGET, or write sslmode=no-verify');
  });
});

describe('the log of a pool', () => {
  it('never holds the password, not even when a connection is cut', async () => {
    await using stack = new AsyncDisposableStack();
    const client = stack.adopt(new Client({ connectionString: made.url }), (open) => open.end());
    await client.connect();
    await client.query(`create role cut login superuser password '${password}'`);
    stack.defer(async () => void (await client.query('drop owned by cut cascade; drop role cut')));
    const { log, lines } = createPrintedLog();
    const url = address({ username: 'cut', password });
    await using database = await openDatabase({ engine: 'postgres', url, poolSize: 2 }, { log });
    await database.pool?.query('select 1');
    await client.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'cut'");
    await waitFor('the lost connection in the log', () => lines.length > 0);
    expect(lines.join('')).not.toContain(password);
    expect(lines.join('').length).toBeLessThan(5_000);
  });
});
