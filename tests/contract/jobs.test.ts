import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedRunner } from '#src/adapters/jobs/embedded-runner.ts';
import { maxAttempts } from '#src/adapters/jobs/retry.ts';
import { createJobTable } from '#src/adapters/store/job-table.ts';
import { type OpenDatabase, openDatabase } from '#src/adapters/store/open-database.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { ProviderRefused } from '#src/domain/errors.ts';
import type { JobHandlers, JobRun, JobRunner, JobTable } from '#src/ports/jobs.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock, type TestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** What every job engine must do, whatever it is built on. */
let database: OpenDatabase;
let clock: TestClock;
let table: JobTable;
let work: UnitOfWork;
let runner: JobRunner;
const log = createQuietLog();

const open = (graceMs = 1000) => openEmbeddedRunner({ table, clock, log, concurrency: 4, graceMs });
const wake = (...userIds: string[]) => work.run((stores) => stores.jobs.wake(userIds, clock.now(), 0));
const answering = (handler: (userId: string, run: JobRun) => Promise<void>): JobHandlers => ({
  'answer-user': ({ userId }, run) => handler(userId, run),
  'remove-old-media': async () => {},
});
/** A promise and the handles to end it. */
const gate = () => Promise.withResolvers<void>();

beforeEach(async () => {
  database = await openDatabase({ engine: 'sqlite', file: ':memory:' }, { log: createQuietLog() });
  clock = createTestClock();
  table = createJobTable({ db: database.db, clock, newId: newUuid });
  work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
  runner = open();
});
afterEach(async () => {
  await runner[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

describe('the job engine', () => {
  it('runs what was enqueued and forgets it', async () => {
    const seen: string[] = [];
    await wake('ana');
    runner.start(answering(async (userId) => void seen.push(userId)));
    await runner.whenIdle();
    expect(seen).toEqual(['ana']);
    expect(await runner.health()).toMatchObject({ waiting: 0, running: 0, failed: 0 });
  });

  it('never runs what was rolled back', async () => {
    const seen: string[] = [];
    await work
      .run(async (stores) => {
        await stores.jobs.wake(['ana'], clock.now(), 0);
        throw new Error('rolled back');
      })
      .catch(() => {});
    await wake('ben');
    runner.start(answering(async (userId) => void seen.push(userId)));
    await runner.whenIdle();
    expect(seen).toEqual(['ben']);
  });

  it('joins wake-ups that wait, and runs again for one that comes while it runs', async () => {
    const first = gate();
    let runs = 0;
    await wake('ana');
    await wake('ana');
    runner.start(
      answering(async () => {
        runs += 1;
        if (runs === 1) await first.promise;
      }),
    );
    await waitFor('the first run', () => runs === 1);
    await wake('ana');
    runner.poke();
    first.resolve();
    await runner.whenIdle();
    expect(runs).toBe(2);
  });

  it('keeps one lane to one run at a time and runs lanes side by side', async () => {
    const hold = gate();
    const running: string[] = [];
    let overlaps = 0;
    runner.start(
      answering(async (userId) => {
        if (running.includes(userId)) overlaps += 1;
        running.push(userId);
        await hold.promise;
        running.splice(running.indexOf(userId), 1);
      }),
    );
    await wake('ana', 'ben');
    runner.poke();
    await waitFor('both lanes', () => running.length === 2);
    await wake('ana');
    runner.poke();
    hold.resolve();
    await runner.whenIdle();
    expect(overlaps).toBe(0);
  });

  it('waits for the time of a delayed job, and moves it no further than allowed', async () => {
    const at = (ms: number) => new Date(clock.now().getTime() + ms);
    await work.run((stores) => stores.jobs.wake(['ana'], at(1000), 3000));
    clock.advance(900);
    await work.run((stores) => stores.jobs.wake(['ana'], at(1000), 3000));
    expect((await table.nextRunAt())?.toISOString()).toBe('2026-11-21T10:00:01.900Z');
    for (let line = 0; line < 5; line += 1) {
      clock.advance(900);
      await work.run((stores) => stores.jobs.wake(['ana'], at(1000), 3000));
    }
    expect((await table.nextRunAt())?.toISOString()).toBe('2026-11-21T10:00:03.000Z');
  });

  it('is not put off by wishes to wake up later', async () => {
    const real = { now: () => new Date() };
    const ownTable = createJobTable({ db: database.db, clock: real, newId: newUuid });
    const ownWork = createUnitOfWork({ db: database.db, clock: real, newId: newUuid });
    await using own = openEmbeddedRunner({
      table: ownTable,
      clock: real,
      log,
      concurrency: 4,
      graceMs: 1000,
    });
    const seen: string[] = [];
    own.start(answering(async (userId) => void seen.push(userId)));
    const wakeIn = async (userId: string, ms: number) => {
      const at = new Date(Date.now() + ms);
      await ownWork.run((stores) => stores.jobs.wake([userId], at, 10_000));
      own.poke(at);
    };
    await wakeIn('ana', 300);
    // Others keep coming faster than the quiet moment lasts: Ana's turn must come all the same.
    let others = 0;
    await waitFor(
      'ana',
      async () => {
        others += 1;
        await wakeIn(`other ${others}`, 5_000);
        return seen.includes('ana');
      },
      3_000,
    );
    expect(seen).toEqual(['ana']);
  });

  it('tries again after a failure, later, and other lanes do not wait for it', async () => {
    const seen: string[] = [];
    await wake('ana');
    runner.start(
      answering(async (userId, run) => {
        seen.push(`${userId} ${run.attempt}`);
        if (userId === 'ana' && run.attempt === 1) throw new Error('passing trouble');
      }),
    );
    await waitFor(
      'the first attempt to be put back',
      async () => (await table.health(clock.now())).waiting === 1,
    );
    await wake('ben');
    runner.poke();
    await waitFor('ben', () => seen.includes('ben 1'));
    clock.advance(2000);
    runner.poke();
    await runner.whenIdle();
    expect(seen).toEqual(['ana 1', 'ben 1', 'ana 2']);
  });

  it('gives up visibly, after its attempts or at once when trying is pointless', async () => {
    await wake('ana', 'ben');
    let attempts = 0;
    runner.start(
      answering(async (userId, run) => {
        if (userId === 'ben') throw new ProviderRefused('quota', 'no money');
        attempts = run.attempt;
        throw new Error('always');
      }),
    );
    await waitFor('both to fail', async () => {
      clock.advance(61_000);
      runner.poke();
      return (await table.health(clock.now())).failed === 2;
    });
    expect(attempts).toBe(maxAttempts);
    const errors = await database.db.selectFrom('jobs').select('last_error').execute();
    expect(errors.map((job) => job.last_error).sort()).toEqual(['provider_refused', 'unexpected error']);
  });

  it('a failed job does not block its lane', async () => {
    const seen: string[] = [];
    await wake('ana');
    runner.start(
      answering(async () => {
        seen.push('run');
        if (seen.length === 1) throw new ProviderRefused('request', 'no');
      }),
    );
    await waitFor('the failure', async () => (await table.health(clock.now())).failed === 1);
    await wake('ana');
    runner.poke();
    await runner.whenIdle();
    expect(seen).toHaveLength(2);
  });

  it('drains on closing: running jobs finish, waiting ones stay', async () => {
    const hold = gate();
    let finished = false;
    await wake('ana');
    runner.start(
      answering(async () => {
        await hold.promise;
        finished = true;
      }),
    );
    await waitFor('the run', async () => (await table.health(clock.now())).running === 1);
    const closed = runner[Symbol.asyncDispose]();
    await wake('ben');
    hold.resolve();
    await closed;
    expect(finished).toBe(true);
    expect(await table.health(clock.now())).toMatchObject({ waiting: 1, running: 0 });
  });

  it('aborts what outlives the grace period and puts it back', async () => {
    const impatient = open(10);
    await wake('ana');
    impatient.start(
      answering(
        (_userId, run) =>
          new Promise((_resolve, reject) =>
            run.signal.addEventListener('abort', () => reject(run.signal.reason)),
          ),
      ),
    );
    await waitFor('the run', async () => (await table.health(clock.now())).running === 1);
    await impatient[Symbol.asyncDispose]();
    expect(await table.health(clock.now())).toMatchObject({ waiting: 1, running: 0, failed: 0 });
  });

  it('releases what a dead process held, also when a newer wake-up waits already', async () => {
    await wake('ana', 'ben');
    await table.claim({ now: clock.now(), leaseUntil: new Date(clock.now().getTime() + 1000), limit: 10 });
    await wake('ana');
    expect(await table.release({ leasesBefore: clock.now() })).toBe(0);
    expect(await table.release({ leasesBefore: 'all' })).toBe(2);
    const seen: string[] = [];
    runner.start(answering(async (userId) => void seen.push(userId)));
    await runner.whenIdle();
    expect(seen.sort()).toEqual(['ana', 'ben']);
  });
});
