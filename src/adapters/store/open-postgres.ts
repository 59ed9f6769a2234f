import { once } from 'node:events';
import { Kysely, PostgresDialect } from 'kysely';
import { type Client, Pool, type PoolClient, types } from 'pg';
import type { PostgresTarget } from '#config/database-target.ts';
import type { Log } from '#src/ports/system.ts';
import { migrateToLatest } from './migrate.ts';
import type { OpenDatabase } from './open-database.ts';
import type { Database } from './schema.ts';
import { isSilence, withStorageErrors } from './storage-errors.ts';

/** A start or a turn waits this long for a connection before it says that the database does not answer, in milliseconds. */
const connectTimeoutMs = 5_000;
/** No query of the running product takes this long: the connection has fallen silent, in milliseconds. */
const defaultQueryTimeoutMs = 15_000;
/** A transaction whose process hangs must not hold its locks for longer, in milliseconds. */
const idleInTransactionMs = 60_000;

interface PostgresDeps {
  readonly log: Log;
  /** How long a query may go without an answer, in milliseconds. */
  readonly queryTimeoutMs?: number;
}

/**
 * Brings the schema up to date and opens a pool of connections to Postgres. A connection that breaks or falls silent is replaced by
 * the next one that is asked for: the pool outlives restarts of the server.
 */
export async function openPostgres(target: PostgresTarget, deps: PostgresDeps): Promise<OpenDatabase> {
  const { log, queryTimeoutMs = defaultQueryTimeoutMs } = deps;
  await migrate(target.url, log);
  const pool = openPool(target, { log, queryTimeoutMs });
  const db = openKysely(pool);
  return {
    engine: 'postgres',
    db,
    pool,
    isInPlace: () => true,
    // Every commit is.
    makeDurable: async () => {},
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

/** On a connection of its own: changing a large table, or waiting until another process has done so, may take minutes. */
async function migrate(url: string, log: Log): Promise<void> {
  const pool = openPool({ url, poolSize: 1 }, { log });
  const db = openKysely(pool);
  try {
    await migrateToLatest(db);
  } finally {
    const gone = Promise.withResolvers<void>();
    pool.once('remove', () => gone.resolve());
    if (pool.totalCount === 0) gone.resolve();
    await db.destroy();
    // The pool does not wait for the server, which would still count the connection as somebody who works on the database.
    await gone.promise;
  }
}

function openKysely(pool: Pool): Kysely<Database> {
  return new Kysely<Database>({ dialect: withStorageErrors(new PostgresDialect({ pool })) });
}

function openPool(
  { url, poolSize }: Pick<PostgresTarget, 'url' | 'poolSize'>,
  { log, queryTimeoutMs }: PostgresDeps,
): Pool {
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    // Tells of a network that was cut without a word while a connection is idle or only waits. It does not probe as long as something
    // that was sent is unacknowledged: then the kernel would give up after many minutes, and the time for a query ends it before.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(queryTimeoutMs !== undefined && { query_timeout: queryTimeoutMs }),
    application_name: 'whatsapp-media-assistant',
    types: { getTypeParser: parserOf },
  });
  // Without a listener, a connection that breaks while idle ends the process.
  // The whole error carries the client, and with it the password.
  pool.on('error', ({ message }) => log.warn({ reason: message }, 'a connection to Postgres was lost'));
  pool.on('connect', (client) => {
    // The same for one that breaks between two statements of a transaction: the next statement fails, which is enough.
    client.on('error', () => {});
    keepNulOut(client);
    cutWhenSilent(client as PoolClient & Client);
  });
  return pool;
}

/** Counts and sums as numbers, as SQLite gives them: ours stay far below 2⁵³. */
const parserOf = ((oid: number, format?: 'text') =>
  oid === types.builtins.INT8 || oid === types.builtins.NUMERIC
    ? Number
    : types.getTypeParser(oid, format)) as typeof types.getTypeParser;

/** Postgres refuses the character NUL in text, which files and models may well contain; nobody can see it anyway. */
function keepNulOut(client: PoolClient): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  const clean = (value: unknown) =>
    typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '') : value;
  Object.assign(client, {
    query: (text: unknown, values: unknown, ...rest: unknown[]) =>
      query(text, Array.isArray(values) ? values.map(clean) : values, ...rest),
  });
}

/**
 * The driver gives up on a query without an answer, but not on its connection: the pool would hand it out again and again. Those
 * who query through the pool itself (with a callback) need nothing: it lets go of a connection after any failure.
 */
function cutWhenSilent(client: PoolClient & Client): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  const cut = async (error: unknown) => {
    if (isSilence(error)) {
      const { stream } = client.connection;
      const closed = stream.closed || once(stream, 'close');
      stream.destroy();
      // Only then does the pool see that the connection is no good; before, it would go to whoever waits for one.
      await closed;
    }
    throw error;
  };
  Object.assign(client, {
    query(...given: unknown[]) {
      const answer = query(...given);
      return answer instanceof Promise ? answer.catch(cut) : answer;
    },
  });
}
