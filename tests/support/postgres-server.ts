import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { ServerAnswer, ServerOrder, ServerRequest } from './postgres-process.ts';

/** A real Postgres server of our own. */
export interface PostgresServer extends AsyncDisposable {
  /** `postgres://postgres:…@127.0.0.1:54321`, without a database. */
  readonly url: string;
  /** Ends the server as a crash or an operator would, and starts it again on the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

const password = 'only-for-tests';

/**
 * Starts Postgres on a free port with its data in the temp folder.
 * @param options.isDurable true keeps fsync on, as benchmarks need it
 */
export async function startPostgres(options: { isDurable?: boolean } = {}): Promise<PostgresServer> {
  // As root the server runs as the user `postgres`, who must be able to enter the folder: the library makes it over to them.
  const parent = await mkdtemp(join(tmpdir(), 'postgres-'));
  await chmod(parent, 0o755);
  const port = await freePort();
  const child = fork(new URL('./postgres-process.ts', import.meta.url), { stdio: 'ignore' });
  /** One question at a time. */
  async function ask(message: ServerOrder | ServerRequest): Promise<void> {
    child.send(message);
    const [answer] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => [{ failed: 'its process ended' }]),
    ])) as [ServerAnswer];
    if (answer.failed !== undefined) throw new Error(`Postgres: ${answer.failed}`);
  }
  await ask({ folder: join(parent, 'data'), port, password, isDurable: options.isDurable ?? false });
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}`,
    start: () => ask('start'),
    stop: () => ask('stop'),
    async restart() {
      await ask('stop');
      await ask('start');
    },
    async [Symbol.asyncDispose]() {
      await ask('stop');
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/** A fresh database on a server: its url, and its removal. */
export async function createDatabase(serverUrl: string): Promise<{ url: string } & AsyncDisposable> {
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await administer(serverUrl, `create database ${name}`);
  return {
    url: `${serverUrl}/${name}`,
    [Symbol.asyncDispose]: () => administer(serverUrl, `drop database if exists ${name} with (force)`),
  };
}

async function administer(serverUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: `${serverUrl}/postgres` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
