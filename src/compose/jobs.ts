import type { DatabaseTarget } from '#config/database-target.ts';
import { openEmbeddedRunner } from '#src/adapters/jobs/embedded-runner.ts';
import { openAlarms } from '#src/adapters/jobs/pg-boss-alarms.ts';
import { openPgBossRunner } from '#src/adapters/jobs/pg-boss-runner.ts';
import type { SetAlarms } from '#src/adapters/store/alarms.ts';
import { createJobTable } from '#src/adapters/store/job-table.ts';
import type { OpenDatabase } from '#src/adapters/store/open-database.ts';
import type { JobRunner, JobTable } from '#src/ports/jobs.ts';
import type { Clock, Log, NewId } from '#src/ports/system.ts';

/** The product's queue: its table, what the stores need to wake somebody, and who runs what is due. */
export interface Queue extends AsyncDisposable {
  readonly table: JobTable;
  /** For `createUnitOfWork`; undefined where one process does everything. */
  readonly setAlarms: SetAlarms | undefined;
  /**
   * To be closed before the queue. Takes nothing before it is started.
   * @param options.concurrency jobs that run side by side in this process
   * @param options.graceMs how long closing waits for running jobs before it aborts them
   */
  openRunner(options: { concurrency: number; graceMs: number }): JobRunner;
}

interface QueueDeps {
  readonly database: Pick<OpenDatabase, 'db'>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  /** Names this process; no two that live at the same time may share it. */
  readonly processId: string;
}

/** The embedded engine on SQLite, pg-boss on Postgres. */
export async function openQueue(target: DatabaseTarget, deps: QueueDeps): Promise<Queue> {
  const { database, clock, newId, log, processId } = deps;
  const facts = { db: database.db, engine: target.engine, clock, newId, holder: processId };
  if (target.engine === 'sqlite') {
    const table = createJobTable(facts);
    return {
      table,
      setAlarms: undefined,
      openRunner: (options) => openEmbeddedRunner({ table, clock, log, ...options }),
      async [Symbol.asyncDispose]() {},
    };
  }
  const alarms = await openAlarms({ url: target.url, clock, log });
  const setAlarms: SetAlarms = alarms.set;
  const table = createJobTable({ ...facts, setAlarms });
  return {
    table,
    setAlarms,
    openRunner: (options) => openPgBossRunner({ table, alarms, clock, log, ...options }),
    [Symbol.asyncDispose]: () => alarms[Symbol.asyncDispose](),
  };
}
