import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { DatabaseTarget } from '#config/database-target.ts';
import { openEmbeddedRunner } from '#src/adapters/jobs/embedded-runner.ts';
import { type Alarms, openAlarms } from '#src/adapters/jobs/pg-boss-alarms.ts';
import { openPgBossRunner } from '#src/adapters/jobs/pg-boss-runner.ts';
import type { SetAlarms } from '#src/adapters/store/alarms.ts';
import { createJobTable } from '#src/adapters/store/job-table.ts';
import { type OpenDatabase, openDatabase } from '#src/adapters/store/open-database.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { JobHandlers, JobRun, JobRunner, JobTable } from '#src/ports/jobs.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import type { Clock } from '#src/ports/system.ts';
import { type Engine, openTestDatabase } from './engines.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

/** One process of the product as far as jobs are concerned. */
export interface JobProcess<C extends Clock = TestClock> extends AsyncDisposable {
  readonly clock: C;
  readonly table: JobTable;
  readonly work: UnitOfWork;
  readonly runner: JobRunner;
  readonly log: QuietLog;
  /** Wakes people now, as a webhook does. */
  wake(...userIds: string[]): Promise<void>;
}

/** How a process differs from an ordinary one. */
export interface ProcessOptions<C extends Clock> {
  readonly clock: C;
  readonly concurrency?: number;
  readonly graceMs?: number;
  readonly leaseMs?: number;
}

/** A database with an empty queue, for any number of processes in turn. */
interface JobEngine extends AsyncDisposable {
  readonly database: OpenDatabase;
  /** A process with a clock that stands still. */
  open(options?: Partial<ProcessOptions<TestClock>>): JobProcess;
  /** A process that lives in real time. */
  openLive(options?: Omit<ProcessOptions<Clock>, 'clock'>): JobProcess<Clock>;
  /** Forgets all jobs and alarms. */
  empty(): Promise<void>;
}

/** The engine of a `describe` block. */
export interface EngineInUse extends Pick<JobEngine, 'database' | 'open' | 'openLive'> {
  /** A process with a clock that stands still, a new one for each test. */
  readonly process: JobProcess;
}

/** Real time. */
export const realClock: Clock = { now: () => new Date() };

/** Opens an engine for the tests of a `describe` block, each of which finds its queue empty. */
export function useJobEngine(name: Engine): EngineInUse {
  let engine: JobEngine;
  let process: JobProcess;
  beforeAll(async () => {
    engine = await openJobEngine(name);
  });
  beforeEach(() => {
    process = engine.open();
  });
  afterEach(async () => {
    await process[Symbol.asyncDispose]();
    await engine.empty();
  });
  afterAll(() => engine[Symbol.asyncDispose]());
  return {
    get database() {
      return engine.database;
    },
    get process() {
      return process;
    },
    open: (options) => engine.open(options),
    openLive: (options) => engine.openLive(options),
  };
}

async function openJobEngine(engine: Engine): Promise<JobEngine> {
  const database = await openTestDatabase(engine);
  const { target } = database;
  const alarmLog = createQuietLog();
  // Its delays are relative, so it may be shared by processes with other clocks; real ones have one each.
  const clocks: { now: Clock['now'] } = { now: realClock.now };
  const alarms =
    target.engine === 'postgres'
      ? await openAlarms({
          url: target.url,
          clock: { now: () => clocks.now() },
          log: alarmLog,
          scheduleCheckSeconds: 1,
        })
      : undefined;
  const open = <C extends Clock>(options: ProcessOptions<C>) => {
    clocks.now = options.clock.now;
    return openProcess(engine, database, { ...options, alarms });
  };
  return {
    database,
    open: (options) => open({ clock: createTestClock(), ...options }),
    openLive: (options) => open({ ...options, clock: realClock }),
    async empty() {
      await database.db.deleteFrom('jobs').execute();
      if (alarms) await sql`delete from pgboss.job`.execute(database.db);
      if (alarms) await sql`delete from pgboss.schedule`.execute(database.db);
    },
    async [Symbol.asyncDispose]() {
      await alarms?.[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A process on an open database; on Postgres with the alarms given. */
export function openProcess<C extends Clock>(
  engine: Engine,
  { db }: Pick<OpenDatabase, 'db'>,
  options: ProcessOptions<C> & { readonly alarms: Alarms | undefined },
): JobProcess<C> {
  const { clock, concurrency = 4, graceMs = 1000, leaseMs, alarms } = options;
  const log = createQuietLog();
  const setAlarms: SetAlarms | undefined = alarms?.set;
  const table = createJobTable({ db, engine, clock, newId: newUuid, holder: newUuid(), setAlarms });
  const work = createUnitOfWork({ db, clock, newId: newUuid, setAlarms });
  const deps = { table, clock, log, concurrency, graceMs };
  const runner = alarms
    ? openPgBossRunner({ ...deps, alarms, ...(leaseMs !== undefined && { leaseMs }) })
    : openEmbeddedRunner(deps);
  return {
    clock,
    table,
    work,
    runner,
    log,
    wake: (...userIds) => work.run((stores) => stores.jobs.wake(userIds, clock.now(), 0)),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}

/** A process with connections of its own, as another container would be; it lives in real time. */
export async function openSeparateProcess(
  target: DatabaseTarget,
  options: Omit<ProcessOptions<Clock>, 'clock'> & { readonly scheduleCheckSeconds?: number } = {},
): Promise<JobProcess<Clock>> {
  if (target.engine !== 'postgres') throw new Error('only Postgres is shared by processes');
  const { scheduleCheckSeconds, ...rest } = options;
  const log = createQuietLog();
  const database = await openDatabase(target, { log });
  const alarms = await openAlarms({
    url: target.url,
    clock: realClock,
    log,
    ...(scheduleCheckSeconds !== undefined && { scheduleCheckSeconds }),
  });
  const process = openProcess(target.engine, database, { ...rest, clock: realClock, alarms });
  return {
    ...process,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await alarms[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Handlers of which only the one that answers people matters. */
export const answering = (handler: (userId: string, run: JobRun) => Promise<void>): JobHandlers => ({
  'answer-user': ({ userId }, run) => handler(userId, run),
  'remove-old-media': async () => {},
  'erase-person': async () => {},
  'erase-at-provider': async () => {},
  'sum-usage': async () => {},
  'settle-reports': async () => {},
  'sync-templates': async () => {},
  'send-broadcast': async () => {},
});

/** A promise and the handles to end it. */
export const gate = () => Promise.withResolvers<void>();
