import { Kysely, PostgresDialect } from 'kysely';
import { Pool, type PoolClient, types } from 'pg';
import type { PostgresTarget } from '#config/database-target.ts';
import type { Log } from '#src/ports/system.ts';
import { migrateToLatest } from './migrate.ts';
import type { OpenDatabase } from './open-database.ts';
import type { Database } from './schema.ts';
import { withStorageErrors } from './storage-errors.ts';

/** A start or a turn waits this long for a connection before it says that the database does not answer, in milliseconds. */
const connectTimeoutMs = 5_000;
/** No query of ours takes this long; a migration of a large database may take minutes, in milliseconds. */
const queryTimeoutMs = 5 * 60_000;
/** A transaction whose process hangs must not hold its locks for longer, in milliseconds. */
const idleInTransactionMs = 60_000;

/**
 * Opens a pool of connections to Postgres and brings the schema up to date. A connection that breaks is replaced by the next one
 * that is asked for: the pool outlives restarts of the server.
 */
export async function openPostgres(target: PostgresTarget, { log }: { log: Log }): Promise<OpenDatabase> {
  const pool = new Pool({
    connectionString: target.url,
    max: target.poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    // A network that was cut without a word is noticed, instead of a query hanging until the kernel gives up after many minutes.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    query_timeout: queryTimeoutMs,
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
  });
  const db = new Kysely<Database>({ dialect: withStorageErrors(new PostgresDialect({ pool })) });
  try {
    await migrateToLatest(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    engine: 'postgres',
    db,
    pool,
    isInPlace: () => true,
    [Symbol.asyncDispose]: () => db.destroy(),
  };
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
