/** Where the data lives. */
export type DatabaseTarget = SqliteTarget | PostgresTarget;
/** One file, one process. */
export interface SqliteTarget {
  readonly engine: 'sqlite';
  readonly file: string;
}
/** A server, any number of processes. */
export interface PostgresTarget {
  readonly engine: 'postgres';
  /** With the password: never logged. */
  readonly url: string;
  /** Most connections for the process's own queries. */
  readonly poolSize: number;
}

/** SQLAlchemy's notation: three slashes relative, four absolute. Null when it is something else. */
export function parseDatabaseUrl(url: string, poolSize: number): DatabaseTarget | null {
  if (isPostgresUrl(url)) return namesNoDatabase(url) ? null : { engine: 'postgres', url, poolSize };
  if (url === 'sqlite::memory:' || url === 'sqlite:///:memory:')
    return { engine: 'sqlite', file: ':memory:' };
  const path = /^sqlite:\/\/\/(.+)$/.exec(url)?.[1];
  return path ? { engine: 'sqlite', file: path } : null;
}

/** Whether an address of a Postgres lacks the name of the database. The driver would take the user's name, which nobody means. */
export function namesNoDatabase(url: string): boolean {
  return isPostgresUrl(url) && /^\/*$/.test(new URL(url).pathname);
}

/** As SQLAlchemy and libpq write it. */
function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\/./.test(url) && URL.canParse(url) && !hasStrayPercent(url);
}

/** A percent sign that begins no %40: the driver fails on it with a sentence about URIs. */
function hasStrayPercent(url: string): boolean {
  return /%(?![\da-f]{2})/i.test(url);
}
