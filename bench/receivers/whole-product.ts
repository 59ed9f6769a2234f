import { Client } from 'pg';
import { createDatabase, startPostgres } from '#tests/support/postgres-server.ts';
import { startProduct } from '#tests/support/product.ts';
import { authToken, countRows, publicUrl, type Receiver } from './receiver.ts';

const countMessages = "select count(*) from messages where direction = 'inbound'";

/** Its answers wait for a minute, so that only acknowledging and sorting are measured. */
const settings = {
  TWILIO_AUTH_TOKEN: authToken,
  PUBLIC_URL: publicUrl,
  WHITELISTED_USERS: '*',
  REPLY_DELAY_MS: '60000',
  LOG_LEVEL: 'warn',
};

/** The real product with a fresh SQLite database. */
export async function startWholeProduct(options: { env?: Record<string, string> } = {}): Promise<Receiver> {
  const product = await startProduct({ env: { ...settings, ...options.env } });
  return {
    name: 'the product on SQLite',
    origin: product.url,
    countStored: async () => ({
      sorted: countRows(`${product.folder}/bot.db`, countMessages),
      waiting: countRows(
        `${product.folder}/bot.arrivals.db`,
        'select coalesce(sum(amount), 0) from arrivals',
      ),
    }),
    async [Symbol.asyncDispose]() {
      // Nothing needs saving, and an orderly end would first answer everybody.
      await product.stop('SIGKILL');
      await product[Symbol.asyncDispose]();
    },
  };
}

/** The real product with a fresh database on a Postgres of its own, which syncs every commit. */
export async function startProductOnPostgres(): Promise<Receiver> {
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await startPostgres({ isDurable: true }));
  const database = opening.use(await createDatabase(server.url));
  const product = await startProduct({ env: { ...settings, DATABASE_URL: database.url } });
  opening.defer(async () => {
    await product.stop('SIGKILL');
    await product[Symbol.asyncDispose]();
  });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  opening.defer(() => client.end());
  const closing = opening.move();
  return {
    name: 'the product on Postgres',
    origin: product.url,
    async countStored() {
      const { rows } = await client.query<{ count: string }>(countMessages);
      return { sorted: Number(rows[0]?.count), waiting: 0 };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
