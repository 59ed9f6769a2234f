import { describe, expect, it } from 'vitest';
import type { Alarms } from '#src/adapters/jobs/pg-boss-alarms.ts';
import { openPgBossRunner } from '#src/adapters/jobs/pg-boss-runner.ts';
import { createWorkLoop } from '#src/adapters/jobs/work-loop.ts';
import { LostLease, StorageUnavailable } from '#src/domain/errors.ts';
import type { ClaimedJob, JobTable } from '#src/ports/jobs.ts';
import { answering, gate, realClock } from '#tests/support/job-engine.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { emptyDesk } from '#tests/support/quiet-operations.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const leaseMs = 1_500;
const job: ClaimedJob = { id: '1', name: 'answer-user', payload: '{"userId":"ana"}', attempt: 1, crashes: 0 };
const never = () => new Promise<never>(() => {});

/** Alarms that never ring. */
const noAlarms: Alarms = {
  set: async () => {},
  listen: async () => {},
  schedule: async () => {},
  listenToSchedules: async () => {},
  mute() {},
  async [Symbol.asyncDispose]() {},
};

/** A queue with one job that is due, with methods replaced as the connections to a real one may fail. */
function createTable(replaced: Partial<JobTable>): JobTable & { readonly endings: string[] } {
  const endings: string[] = [];
  let isDue = true;
  return {
    endings,
    async claim() {
      const taken = isDue ? [job] : [];
      isDue = false;
      return taken;
    },
    extend: async (jobs) => new Set(jobs.map(({ id }) => id)),
    finish: async () => Boolean(endings.push('finished')),
    putBack: async (_job, { uncounted }) => Boolean(endings.push(uncounted ? 'uncounted' : 'counted')),
    giveUp: async () => Boolean(endings.push('given up')),
    release: async () => ({ abandoned: 0, hurried: 0 }),
    enqueue: async () => {},
    nextRunAt: async () => undefined,
    waitingOf: async () => [],
    unattended: async () => [],
    desk: emptyDesk,
    ...replaced,
  };
}

/** A process that shares its database; its one handler waits for the end or for being aborted. */
async function startRun(table: JobTable, { graceMs = 100 } = {}) {
  const deps = { table, clock: realClock, log: createQuietLog(), concurrency: 4, graceMs };
  const runner = openPgBossRunner({ ...deps, alarms: noAlarms, leaseMs });
  const began = gate();
  const end = gate();
  let signal: AbortSignal | undefined;
  let abortedAt = 0;
  await runner.start(
    answering(async (_userId, run) => {
      signal = run.signal;
      began.resolve();
      const stop = () => {
        abortedAt = performance.now();
        end.reject(run.signal.reason);
      };
      run.signal.addEventListener('abort', stop, { once: true });
      await end.promise;
    }),
  );
  await began.promise;
  const beganAt = performance.now();
  return {
    runner,
    end,
    beganAt,
    isAborted: () => signal?.aborted === true,
    abortedAt: () => abortedAt,
    reason: () => signal?.reason,
  };
}

describe('the lease of a run', () => {
  it('is renewed while a claim hangs', async () => {
    let claims = 0;
    const extendedAt: number[] = [];
    const full = createTable({});
    const table: JobTable = {
      ...full,
      claim: (options) => (++claims < 3 ? full.claim(options) : never()),
      async extend(jobs) {
        extendedAt.push(performance.now());
        return new Set(jobs.map(({ id }) => id));
      },
    };
    const run = await startRun(table);
    await waitFor('the claim that hangs', () => claims === 3);
    await waitFor(
      'renewals for more than two leases',
      () => (extendedAt.at(-1) ?? 0) - run.beganAt > 2 * leaseMs,
    );
    expect(run.isAborted()).toBe(false);
    run.end.resolve();
    await waitFor('its end', () => full.endings.includes('finished'));
    await run.runner[Symbol.asyncDispose]();
  });

  it.each([
    ['hang', never],
    [
      'fail',
      async () => {
        throw new StorageUnavailable('away');
      },
    ],
  ])('ends the run before it ends itself when renewals %s, and the job goes back', async (_how, extend) => {
    const table = createTable({ extend });
    const run = await startRun(table);
    await waitFor('the abort', run.isAborted, 5_000);
    const afterMs = run.abortedAt() - run.beganAt;
    expect(run.reason()).toBeInstanceOf(LostLease);
    expect(afterMs).toBeGreaterThan(leaseMs / 2);
    expect(afterMs).toBeLessThan(leaseMs);
    await waitFor('the job', () => table.endings.length > 0);
    expect(table.endings).toEqual(['uncounted']);
    await run.runner[Symbol.asyncDispose]();
  });

  it('outlives one renewal that hangs', async () => {
    let renewals = 0;
    const table = createTable({
      extend: (jobs) => (++renewals % 2 === 1 ? never() : Promise.resolve(new Set(jobs.map(({ id }) => id)))),
    });
    const run = await startRun(table);
    await waitFor('several', () => renewals > 8);
    expect(run.isAborted()).toBe(false);
    run.end.resolve();
    await run.runner[Symbol.asyncDispose]();
  });

  it('is renewed while the process waits for its runs to end before it closes', async () => {
    const table = createTable({});
    const run = await startRun(table, { graceMs: 20_000 });
    const closed = run.runner[Symbol.asyncDispose]();
    let renewals = 0;
    table.extend = async (jobs) => {
      renewals += 1;
      return new Set(jobs.map(({ id }) => id));
    };
    await waitFor('renewals for more than two leases', () => renewals > 8);
    expect(run.isAborted()).toBe(false);
    run.end.resolve();
    await closed;
    expect(table.endings).toEqual(['finished']);
  });

  it('does not matter where one process owns the database', async () => {
    const table = createTable({ extend: never });
    const deps = { table, clock: realClock, log: createQuietLog(), concurrency: 4, graceMs: 100 };
    // As the embedded runner makes it, with a lease that a test can wait for.
    const loop = createWorkLoop({ ...deps, leaseMs: 50 });
    const hold = gate();
    const signals: AbortSignal[] = [];
    const handlers = answering(async (_userId, run) => {
      signals.push(run.signal);
      await hold.promise;
    });
    loop.start(handlers);
    await loop.look();
    await waitFor('the run', () => signals.length === 1);
    void loop.renew();
    const over = performance.now() + 200;
    await waitFor('four leases', () => performance.now() > over);
    expect(signals[0]?.aborted).toBe(false);
    hold.resolve();
    await loop.close();
  });
});
