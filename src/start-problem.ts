import { AppError, SettingsWrong } from './domain/errors.ts';

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
  const { code, path } = error as { code?: unknown; path?: unknown };
  const where = typeof path === 'string' ? ` (${path})` : '';
  switch (code) {
    case 'EADDRINUSE':
      return ['PORT is in use by another program. Stop that program or set PORT to another number.'];
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return ['HOST is not an address of this machine. Use 0.0.0.0 for all of them, or 127.0.0.1.'];
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return [
        `The data folder cannot be written${where}. Give it to the user that runs the bot, or set DATABASE_URL.`,
      ];
    case 'ENOTDIR':
    case 'EEXIST':
    case 'SQLITE_CANTOPEN':
      return [`DATABASE_URL points to a place where no file can be opened${where}. Check the path.`];
    case 'SQLITE_NOTADB':
      return ['DATABASE_URL points to a file that is not an SQLite database. Choose another file.'];
    case 'SQLITE_READONLY':
      return ['The database file cannot be written. Give it to the user that runs the bot.'];
    default:
      return undefined;
  }
}
