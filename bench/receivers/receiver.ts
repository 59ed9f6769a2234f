import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import SQLite from 'better-sqlite3';
import { startProduct } from '#tests/support/product.ts';

/** Something webhooks are sent to, in a process of its own. */
export interface Receiver extends AsyncDisposable {
  readonly name: string;
  /** `http://127.0.0.1:12345` */
  readonly origin: string;
  /** Messages that are in its database now; undefined for one that keeps nothing. */
  countStored(): number | undefined;
}

/** Signs the webhooks of a benchmark. */
export const authToken = 'the-auth-token-of-the-benchmark';

/** Fastify and @fastify/formbody, doing nothing. */
export async function startBareFastify(): Promise<Receiver> {
  const child: ChildProcess = fork(new URL('./bare-fastify.ts', import.meta.url));
  const [{ origin }] = (await once(child, 'message')) as [{ origin: string }];
  return {
    name: 'bare Fastify',
    origin,
    countStored: () => undefined,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** The real product with a fresh database. Its answers wait for a minute, so that only acknowledging is measured. */
export async function startWholeProduct(options: { env?: Record<string, string> } = {}): Promise<Receiver> {
  const product = await startProduct({
    env: {
      TWILIO_AUTH_TOKEN: authToken,
      WHITELISTED_USERS: '*',
      REPLY_DELAY_MS: '60000',
      LOG_LEVEL: 'warn',
      ...options.env,
    },
  });
  return {
    name: 'the product',
    origin: product.url,
    countStored() {
      using database = openReadOnly(`${product.folder}/bot.db`);
      return database.count();
    },
    async [Symbol.asyncDispose]() {
      // Nothing needs saving, and an orderly end would first answer everybody.
      await product.stop('SIGKILL');
      await product[Symbol.asyncDispose]();
    },
  };
}

function openReadOnly(file: string) {
  const database = new SQLite(file, { readonly: true });
  return {
    count: () =>
      database.prepare("select count(*) from messages where direction = 'inbound'").pluck().get() as number,
    [Symbol.dispose]: () => database.close(),
  };
}
