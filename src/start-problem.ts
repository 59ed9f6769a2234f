import { AppError, SettingsWrong, StorageUnavailable } from './domain/errors.ts';

/** How a program names what it was told, so that its sentences speak of what its owner can change. */
export interface ProgramWords {
  /** The setting or option that holds the address of Postgres. */
  readonly postgres: string;
  /** The setting or option that holds the SQLite file. */
  readonly file: string;
  readonly alreadyRunning: string;
}

const botWords: ProgramWords = {
  postgres: 'DATABASE_URL',
  file: 'DATABASE_URL',
  alreadyRunning:
    'Another copy is already running on this database. Stop it first, or set DATABASE_URL to another file.',
};

/**
 * What the owner reads when a program cannot start for an ordinary reason: one sentence a problem, with what to do. Undefined
 * for everything else, which is a fault in the program and deserves its stack trace.
 */
export function startProblems(error: unknown, words = botWords): readonly string[] | undefined {
  if (error instanceof SettingsWrong) return error.problems;
  if (error instanceof AppError && error.code === 'already_running') return [words.alreadyRunning];
  const isStorage = error instanceof StorageUnavailable;
  const facts = factsOf(isStorage ? (error.cause ?? error) : error);
  const problem =
    postgresProblem(facts, words) ??
    tlsProblem(facts, words) ??
    (isStorage ? storageProblem(facts, words) : localProblem(facts, words));
  return problem === undefined ? undefined : [problem];
}

interface Facts {
  readonly code: string;
  readonly message: string;
  /** The call that failed, when the system was called. */
  readonly syscall: string;
  /** The file or the server that the failure is about, in brackets; never a user or a password. */
  readonly where: string;
}

function factsOf(error: unknown): Facts {
  // The system tries every address of a name and puts what became of each into one error.
  const [first] = error instanceof AggregateError ? error.errors : [];
  const fact = (name: string) => {
    const value =
      ((error ?? {}) as Record<string, unknown>)[name] ?? (first as Record<string, unknown>)?.[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const server = [fact('hostname') || fact('address'), fact('port')].filter(Boolean).join(':');
  const place = fact('path') || server;
  return {
    code: fact('code'),
    message: fact('message'),
    syscall: fact('syscall'),
    where: place && ` (${place})`,
  };
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
function postgresProblem({ code }: Facts, { postgres }: ProgramWords): string | undefined {
  switch (code) {
    case '28P01':
      return `Postgres refuses the user or the password in ${postgres}. Correct them; write special characters in the password as %40.`;
    case '28000':
      return `Postgres does not let this user in from this machine. Allow it in pg_hba.conf; if that asks for TLS, add ?sslmode=verify-full (checks the certificate) or ?sslmode=no-verify (encrypts without checking it) to ${postgres}.`;
    case '3D000':
      return `Postgres has no database of the name in ${postgres}. Create it (createdb NAME) or correct the name.`;
    case '42501':
      return `The user in ${postgres} may not create tables. Make it the owner of the database: ALTER DATABASE … OWNER TO …`;
    case '53300':
      return 'Postgres has no connection left. Raise max_connections, or lower DATABASE_POOL_SIZE or the number of processes.';
    case '57P03':
      return 'Postgres is still starting. Try again in a moment.';
    default:
      return undefined;
  }
}

/**
 * The driver checks the certificate for every sslmode but no-verify, unlike libpq
 * (https://nodejs.org/api/tls.html#x509-certificate-error-codes).
 */
function tlsProblem({ code, message }: Facts, { postgres }: ProgramWords): string | undefined {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `The certificate of Postgres is signed by nobody whom this machine trusts. Add &sslrootcert=/path/to/ca.crt to ${postgres}, or write sslmode=no-verify there, which encrypts without checking the certificate.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of Postgres is for another host than the one in ${postgres}. Write the name that the certificate has, or sslmode=no-verify, which encrypts without checking the certificate.`;
    case 'CERT_HAS_EXPIRED':
      return 'The certificate of Postgres has expired. Renew it on the server.';
    default:
      // The driver gives this one no code.
      return message === 'The server does not support SSL connections'
        ? `Postgres offers no TLS, but sslmode in ${postgres} asks for it. Turn it on there (ssl = on), or write sslmode=disable.`
        : undefined;
  }
}

/** The database is meant, not the port that the product itself listens on. */
function storageProblem(facts: Facts, words: ProgramWords): string | undefined {
  const { code, where } = facts;
  const { postgres } = words;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host in ${postgres} cannot be found${where}. Correct its name.`;
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `No Postgres answers at the host and port in ${postgres}${where}. Start it, or correct them.`;
    case 'SQLITE_FULL':
      return 'The disk is full. Make room for the database.';
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return 'Another program holds the database file. Close it and start again.';
    default:
      // A timeout, a cut line, a server that is shutting down.
      return (
        localProblem(facts, words) ??
        `The database in ${postgres} does not answer${where}. Check that it runs and can be reached.`
      );
  }
}

function localProblem({ code, where, syscall }: Facts, { file }: ProgramWords): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return 'PORT is in use by another program. Stop that program or set PORT to another number.';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'HOST is not an address of this machine. Use 0.0.0.0 for all of them, or 127.0.0.1.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `The folder of the database cannot be written${where}. Give it to the user that runs the bot, or set ${file} to a file elsewhere.`;
    case 'ENOENT':
      // Any other file that is missing belongs to the program.
      return syscall === 'mkdir' ? noFileThere(file, where) : undefined;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'SQLITE_CANTOPEN':
      return noFileThere(file, where);
    case 'SQLITE_NOTADB':
      return `${file} points to a file that is not an SQLite database. Choose another file.`;
    case 'SQLITE_READONLY':
      return 'The database file cannot be written. Give it to the user that runs the bot.';
    case 'SQLITE_FULL':
      return 'The disk is full. Make room for the database.';
    default:
      return undefined;
  }
}

function noFileThere(file: string, where: string): string {
  return `${file} points to a place where no file can be opened${where}. Check the path.`;
}
