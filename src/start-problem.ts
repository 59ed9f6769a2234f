import { AppError, SettingsWrong, StorageUnavailable } from './domain/errors.ts';

/**
 * What the owner reads when the product cannot start for an ordinary reason: one sentence a problem, with what to do. Undefined
 * for everything else, which is a fault in the program and deserves its stack trace.
 */
export function startProblems(error: unknown): readonly string[] | undefined {
  if (error instanceof SettingsWrong) return error.problems;
  if (error instanceof AppError && error.code === 'already_running') {
    return [
      'Another copy is already running on this database. Stop it first, or set DATABASE_URL to another file.',
    ];
  }
  const isStorage = error instanceof StorageUnavailable;
  const facts = factsOf(isStorage ? (error.cause ?? error) : error);
  const problem = postgresProblem(facts) ?? (isStorage ? storageProblem(facts) : localProblem(facts));
  return problem === undefined ? undefined : [problem];
}

interface Facts {
  readonly code: string;
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
  return { code: fact('code'), where: place && ` (${place})` };
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
function postgresProblem({ code }: Facts): string | undefined {
  switch (code) {
    case '28P01':
      return 'Postgres refuses the user or the password in DATABASE_URL. Correct them; write special characters in the password as %40.';
    case '28000':
      return 'Postgres does not let this user in from this machine. Allow it in pg_hba.conf, or add ?sslmode=require to DATABASE_URL.';
    case '3D000':
      return 'Postgres has no database of the name in DATABASE_URL. Create it (createdb NAME) or correct the name.';
    case '42501':
      return 'The user in DATABASE_URL may not create tables. Make it the owner of the database: ALTER DATABASE … OWNER TO …';
    case '53300':
      return 'Postgres has no connection left. Raise max_connections, or lower DATABASE_POOL_SIZE or the number of processes.';
    case '57P03':
      return 'Postgres is still starting. Try again in a moment.';
    default:
      return undefined;
  }
}

/** The database is meant, not the port that the product itself listens on. */
function storageProblem({ code, where }: Facts): string | undefined {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host in DATABASE_URL cannot be found${where}. Correct its name.`;
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `No Postgres answers at the host and port in DATABASE_URL${where}. Start it, or correct them.`;
    case 'SQLITE_FULL':
      return 'The disk is full. Make room for the database.';
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return 'Another program holds the database file. Close it and start again.';
    default:
      // A timeout, a cut line, a server that is shutting down.
      return (
        localProblem({ code, where }) ??
        `The database in DATABASE_URL does not answer${where}. Check that it runs and can be reached.`
      );
  }
}

function localProblem({ code, where }: Facts): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return 'PORT is in use by another program. Stop that program or set PORT to another number.';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'HOST is not an address of this machine. Use 0.0.0.0 for all of them, or 127.0.0.1.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `The data folder cannot be written${where}. Give it to the user that runs the bot, or set DATABASE_URL.`;
    case 'ENOTDIR':
    case 'EEXIST':
    case 'SQLITE_CANTOPEN':
      return `DATABASE_URL points to a place where no file can be opened${where}. Check the path.`;
    case 'SQLITE_NOTADB':
      return 'DATABASE_URL points to a file that is not an SQLite database. Choose another file.';
    case 'SQLITE_READONLY':
      return 'The database file cannot be written. Give it to the user that runs the bot.';
    case 'SQLITE_FULL':
      return 'The disk is full. Make room for the database.';
    default:
      return undefined;
  }
}
