import { SettingsWrong } from '#src/domain/errors.ts';
import { type PostgresTarget, parseDatabaseUrl, type SqliteTarget } from './database-target.ts';
import { readEnv } from './env.ts';

/** From where to where a database is copied. */
export interface CopyPlan {
  readonly from: SqliteTarget;
  readonly to: PostgresTarget;
}

/** One connection copies; the bot's own pool is not opened. */
const poolSize = 1;
const usualFile = './data/whatsapp_bot.db';

/**
 * Decides what to copy: what the command line says, else DATABASE_URL for the one of its engine, else the usual SQLite file and
 * TARGET, which keeps a password out of the list of processes.
 * @throws SettingsWrong with a sentence a problem, never with an address in it
 */
export function readCopyPlan(
  given: { readonly from?: string | undefined; readonly to?: string | undefined },
  source: Readonly<Record<string, string | undefined>>,
): CopyPlan {
  const configured = parseDatabaseUrl(readEnv(source).values.DATABASE_URL ?? '', poolSize);
  const target = source.TARGET?.trim();
  const from = given.from
    ? parseDatabaseUrl(given.from, poolSize)
    : configured?.engine === 'sqlite'
      ? configured
      : ({ engine: 'sqlite', file: usualFile } as const);
  const to = given.to
    ? parseDatabaseUrl(given.to, poolSize)
    : configured?.engine === 'postgres'
      ? configured
      : parseDatabaseUrl(target ?? '', poolSize);
  const problems: string[] = [];
  if (from?.engine !== 'sqlite' || from.file === ':memory:') {
    problems.push('--from must be an SQLite file such as sqlite:///./data/whatsapp_bot.db.');
  }
  if (to?.engine !== 'postgres') {
    problems.push(
      '--to (or TARGET, or DATABASE_URL) must be postgres://user:password@host:5432/name; write special characters in the password as %40.',
    );
  }
  if (from?.engine !== 'sqlite' || to?.engine !== 'postgres' || problems.length > 0) {
    throw new SettingsWrong(problems);
  }
  return { from, to };
}
