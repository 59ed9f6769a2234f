import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { DatabaseTarget } from '#config/database-target.ts';
import type { Clock } from '#src/ports/system.ts';

/** Milliseconds for a database that tells the time itself, the time as ISO-8601 text for one that does not. */
export type LeaseEnd = number | string;

/** Where the queue's SQL differs: on Postgres several processes take from it at once. */
export interface JobDialect {
  /** Rows that are about to change are locked, and other processes look past them. */
  readonly locksRows: boolean;
  /** What the end of a lease that begins now is made of. */
  leaseEnd(leaseMs: number): LeaseEnd;
  /** The end of a lease. */
  leaseUntil(end: RawBuilder<LeaseEnd>): RawBuilder<string>;
  /** Whether a lease is over. */
  leaseIsOver(): RawBuilder<SqlBool>;
}

/** Postgres tells the time of leases itself: two processes whose clocks differ would take each other's runs away. */
export function jobDialect(engine: DatabaseTarget['engine'], clock: Clock): JobDialect {
  if (engine === 'postgres') {
    const inMs = (ms: RawBuilder<LeaseEnd>) =>
      sql<string>`to_char((clock_timestamp() + ${ms}::int * interval '1 millisecond') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    return {
      locksRows: true,
      leaseEnd: (leaseMs) => leaseMs,
      leaseUntil: inMs,
      leaseIsOver: () => sql<SqlBool>`jobs.lease_until < ${inMs(sql.lit(0))}`,
    };
  }
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  return {
    locksRows: false,
    leaseEnd: inMs,
    leaseUntil: (end) => sql<string>`${end}`,
    leaseIsOver: () => sql<SqlBool>`jobs.lease_until < ${inMs(0)}`,
  };
}
