import { SettingsWrong } from '#src/domain/errors.ts';
import {
  namesNoDatabase,
  type PostgresTarget,
  parseDatabaseUrl,
  type SqliteTarget,
} from './database-target.ts';
import { readEnv } from './env.ts';

/** From where to where a database is copied. */
export interface CopyPlan {
  readonly from: SqliteTarget;
  readonly to: PostgresTarget;
  /** The option or variable that each of the two came from, for sentences about them. */
  readonly names: { readonly from: string; readonly to: string };
}

/** An address and what it was given as. */
interface Given {
  readonly name: string;
  readonly url: string;
}

/** One connection copies; the bot's own pool is not opened. */
const poolSize = 1;
const usualFile = 'sqlite:///./data/whatsapp_bot.db';

/**
 * Decides what to copy. From: `--from`, else DATABASE_URL unless that is a Postgres, else the usual SQLite file. To: `--to`, else
 * TARGET, which keeps a password out of the list of processes, else DATABASE_URL.
 * @throws SettingsWrong with a sentence a problem, never with an address in it
 */
export function readCopyPlan(
  given: { readonly from?: string | undefined; readonly to?: string | undefined },
  source: Readonly<Record<string, string | undefined>>,
): CopyPlan {
  const configured: Given = { name: 'DATABASE_URL', url: readEnv(source).values.DATABASE_URL ?? '' };
  const fromGiven = chooseFrom(given.from, configured);
  const toGiven = chooseTo(given.to, source.TARGET?.trim(), configured);
  const from = parseDatabaseUrl(fromGiven.url, poolSize);
  const to = parseDatabaseUrl(toGiven.url, poolSize);
  const problems: string[] = [];
  if (from?.engine !== 'sqlite' || from.file === ':memory:') {
    problems.push(`${fromGiven.name} must be an SQLite file such as ${usualFile}.`);
  }
  if (to?.engine !== 'postgres') {
    problems.push(
      namesNoDatabase(toGiven.url)
        ? `${toGiven.name} names no database: add one at the end, such as …/bot.`
        : `${toGiven.name} must be postgres://user:password@host:5432/name; write special characters in the password as %40.`,
    );
  }
  if (from?.engine !== 'sqlite' || to?.engine !== 'postgres' || problems.length > 0) {
    throw new SettingsWrong(problems);
  }
  return { from, to, names: { from: fromGiven.name, to: toGiven.name } };
}

function chooseFrom(option: string | undefined, configured: Given): Given {
  if (option) return { name: '--from', url: option };
  return isPostgres(configured) ? { name: '--from', url: usualFile } : configured;
}

function chooseTo(option: string | undefined, target: string | undefined, configured: Given): Given {
  if (option) return { name: '--to', url: option };
  if (target) return { name: 'TARGET', url: target };
  return isPostgres(configured) ? configured : { name: '--to (or TARGET, or DATABASE_URL)', url: '' };
}

/** By its looks: one with a typo is still meant as the Postgres. */
function isPostgres({ url }: Given): boolean {
  return /^postgres(ql)?:/.test(url);
}
