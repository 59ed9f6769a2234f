import type { DatabaseConnection, Dialect } from 'kysely';
import { AppError, StorageUnavailable } from '#src/domain/errors.ts';

/** The disk is full, the file is locked, unreadable, damaged or cannot be opened, memory is short (https://sqlite.org/rescode.html). */
const sqliteTrouble = /^SQLITE_(FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)/;

/**
 * Connection lost (08), out of disk, memory or connections (53), shutting down or ended by the operator (57P), read-only standby
 * (25006), idle in a transaction for too long (25P03), the server's own disk (58030)
 * (https://www.postgresql.org/docs/18/errcodes-appendix.html).
 */
const postgresTrouble = /^(08...|53...|57P..|25006|25P03|58030)$/;

const networkTrouble = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  // A socket file that is not there.
  'ENOENT',
]);

/** The driver gives these no code. All of them mean that there is no connection (any more). */
const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed)|Postgres connection has been discarded)/;

/** The driver's words, without a code, when an answer has not come in time. */
const silence = 'Query read timeout';

/** What Postgres says about the data a statement failed on: whole rows, keys and parameters, with numbers and texts of people. */
const telltales = ['detail', 'where', 'hint', 'internalQuery', 'query', 'parameters'];

/** Whether a connection has fallen silent: its query got no answer in time, and nothing that is sent there ever may. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === silence;
}

/**
 * What an engine threw, as the product's own error when the database is in trouble; anything else as it is, but for what it tells
 * about people: errors are logged.
 */
export function toStorageError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  hidePeople(error);
  const code = codeOf(error);
  const isTrouble =
    sqliteTrouble.test(code) ||
    postgresTrouble.test(code) ||
    networkTrouble.has(code) ||
    (code === '' && (lostConnection.test(error.message) || isSilence(error)));
  if (!isTrouble) return error;
  return new StorageUnavailable('the database is not available', {
    cause: error,
    vendorCode: code || undefined,
  });
}

/**
 * Why a transaction on Postgres may go through when it is run again at once: another one had locked the same rows, or had stored
 * the same thing first. Undefined for every other failure, and always on SQLite, which has one writer.
 */
export function raceOf(error: unknown): 'locks' | 'duplicate' | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  if (code === '40001' || code === '40P01') return 'locks';
  return code === '23505' ? 'duplicate' : undefined;
}

/** In place, because the stack is worth keeping. SQLite names tables and columns only. */
function hidePeople(error: Error): void {
  for (const name of telltales) Reflect.deleteProperty(error, name);
  // A value of the wrong form (class 22) is quoted in the message itself.
  if (!/^22...$/.test(codeOf(error))) return;
  const { message } = error;
  error.message = message.replace(/".*"/s, '"…"');
  error.stack = error.stack?.replace(message, () => error.message) ?? '';
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** The dialect with every failure of the engine translated, so that no store and no page has to think of it. */
export function withStorageErrors(dialect: Dialect): Dialect {
  const translated = new WeakSet<DatabaseConnection>();
  return {
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createDriver() {
      const driver = dialect.createDriver();
      const acquire = driver.acquireConnection.bind(driver);
      driver.acquireConnection = async (options) => {
        const connection = await acquire(options).catch(rethrow);
        if (!translated.has(connection)) {
          translated.add(connection);
          // Begin, commit and rollback go through it as well.
          const execute = connection.executeQuery.bind(connection);
          connection.executeQuery = (...query) => execute(...query).catch(rethrow) as never;
        }
        return connection;
      };
      return driver;
    },
  };
}

function rethrow(error: unknown): never {
  throw toStorageError(error);
}
