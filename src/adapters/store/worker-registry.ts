import { hostname } from 'node:os';
import type { Kysely } from 'kysely';
import type { Clock, Log } from '#src/ports/system.ts';
import type { WorkerProcess, WorkerRegistry } from '#src/ports/workers.ts';
import type { Database, WorkerRow } from './schema.ts';

export interface WorkerRegistryDeps {
  readonly engine: 'sqlite' | 'postgres';
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly log: Log;
  /** The name under which this process holds jobs. */
  readonly id: string;
  readonly role: string;
  readonly version: string;
  /** Jobs that run in this process at this moment. */
  readonly running: () => number;
  readonly host?: string;
  readonly everyMs?: number;
}

const beatEveryMs = 5_000;
/** As long as a lease lasts: from then on the others take its jobs over. */
const lostAfterMs = 15_000;
/** Long enough for the owner to see what was lost in the night's restart, in milliseconds. */
const forgottenAfterMs = 60 * 60_000;

/**
 * Tells the other processes on Postgres that this one lives, every five seconds. On SQLite there are no others, and nothing is
 * written but on request (`beat`), to see whether anything can be. A sign of life that cannot be stored is logged and followed by
 * the next one.
 */
export function openWorkerRegistry(deps: WorkerRegistryDeps): WorkerRegistry {
  const { engine, db, clock, log, id, role, version, running, everyMs = beatEveryMs } = deps;
  const host = deps.host ?? hostname();
  const startedAt = clock.now().toISOString();
  const agoOf = (ms: number) => new Date(clock.now().getTime() - ms).toISOString();
  let beating: Promise<void> | undefined;
  let isSilent = false;

  async function beat(): Promise<void> {
    const row = rowNow();
    await db
      .insertInto('workers')
      .values(row)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({ running: row.running, seen_at: row.seen_at }),
      )
      .execute();
    // On SQLite whoever else is listed has ended: one process owns the file.
    let gone = db.deleteFrom('workers').where('id', '!=', id);
    if (engine === 'postgres') gone = gone.where('seen_at', '<', agoOf(forgottenAfterMs));
    await gone.execute();
  }

  function rowNow(): WorkerRow {
    const seen_at = clock.now().toISOString();
    return { id, host, role, version, running: running(), started_at: startedAt, seen_at };
  }

  /** One at a time, so that a database that hangs is not asked ever more often. */
  function beatOnce(): void {
    beating ??= beat()
      .then(
        () => {
          isSilent = false;
        },
        (error: unknown) => {
          if (!isSilent) log.warn({ err: error }, 'a sign of life could not be stored');
          isSilent = true;
        },
      )
      .finally(() => {
        beating = undefined;
      });
  }

  const timer = engine === 'postgres' ? setInterval(beatOnce, everyMs) : undefined;
  timer?.unref();
  if (timer) beatOnce();

  return {
    id,
    beat,
    async list() {
      const own = rowNow();
      const rows =
        engine === 'postgres'
          ? await db
              .selectFrom('workers')
              .selectAll()
              .where('id', '!=', id)
              .where('seen_at', '>=', agoOf(forgottenAfterMs))
              .execute()
          : [];
      const lostBefore = agoOf(lostAfterMs);
      return [...rows, own]
        .sort((a, b) => a.started_at.localeCompare(b.started_at) || a.id.localeCompare(b.id))
        .map((row) => toProcess(row, lostBefore));
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await beating;
      try {
        await db.deleteFrom('workers').where('id', '=', id).execute();
      } catch (error) {
        // It will be shown as lost for an hour, which is not far from the truth.
        log.warn({ err: error }, 'this process could not be taken off the list of processes');
      }
    },
  };
}

function toProcess(row: WorkerRow, lostBefore: string): WorkerProcess {
  const isLost = row.seen_at <= lostBefore;
  return {
    id: row.id,
    host: row.host,
    role: row.role,
    version: row.version,
    startedAt: row.started_at,
    seenAt: row.seen_at,
    // What it last said is over: the others run its jobs now.
    running: isLost ? 0 : row.running,
    isLost,
  };
}
