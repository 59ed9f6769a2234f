import { describe, expect, it } from 'vitest';
import { createWorkLoop } from '#src/adapters/jobs/work-loop.ts';
import { LostLease } from '#src/domain/errors.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import { engines } from '#tests/support/engines.ts';
import { answering, gate, useJobEngine } from '#tests/support/job-engine.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** A handler that ends when it is told to, and not before. */
const untilAborted = (_userId: string, run: JobRun) =>
  new Promise<void>((_resolve, reject) =>
    run.signal.addEventListener('abort', () => reject(run.signal.reason)),
  );

/** Processes that close, die or lose what they hold, on every engine. */
describe.each(engines)('the end of a process on %s', (name) => {
  const engine = useJobEngine(name);

  const health = () => engine.process.runner.health();
  const running = () => waitFor('the run', async () => (await health()).running === 1);

  it('drains on closing: running jobs finish, waiting ones stay', async () => {
    const hold = gate();
    let finished = false;
    await engine.process.wake('ana');
    await engine.process.runner.start(
      answering(async () => {
        await hold.promise;
        finished = true;
      }),
    );
    await running();
    const closed = engine.process[Symbol.asyncDispose]();
    await engine.process.wake('ben');
    engine.process.runner.poke();
    hold.resolve();
    await closed;
    expect(finished).toBe(true);
    expect(await health()).toMatchObject({ waiting: 1, running: 0 });
  });

  it('aborts what outlives the grace period and puts it back, uncounted', async () => {
    const impatient = engine.open({ graceMs: 10 });
    await impatient.wake('ana');
    await impatient.runner.start(answering(untilAborted));
    await running();
    await impatient[Symbol.asyncDispose]();
    expect(await health()).toMatchObject({ waiting: 1, running: 0, failed: 0 });
    const [again] = await engine.process.table.claim({ limit: 1, leaseMs: 60_000 });
    expect(again?.attempt).toBe(1);
  });

  it('closes although a job does not listen, and leaves it to its lease', { timeout: 10_000 }, async () => {
    const impatient = engine.open({ graceMs: 10 });
    const hold = gate();
    await impatient.wake('ana');
    await impatient.runner.start(answering(() => hold.promise));
    await running();
    await impatient[Symbol.asyncDispose]();
    expect(await health()).toMatchObject({ running: 1 });
    hold.resolve();
    await waitFor('its late end', async () => (await health()).running === 0);
  });

  it('leaves what a dead process held to the next one, also when a newer wake-up waits already', async () => {
    const dead = engine.open();
    await dead.wake('ana', 'ben');
    expect(await dead.table.claim({ limit: 10, leaseMs: 60_000 })).toHaveLength(2);
    await dead.wake('ana');
    expect(await engine.process.table.release('expired')).toMatchObject({ abandoned: 0 });
    expect(await engine.process.table.release('all')).toMatchObject({ abandoned: 2 });
    const seen: string[] = [];
    await engine.process.runner.start(
      answering(async (userId, run) => void seen.push(`${userId} ${run.attempt}`)),
    );
    await engine.process.runner.whenIdle();
    expect(seen.sort()).toEqual(['ana 1', 'ben 1']);
  });

  it('tells jobs of processes that ended from those that a clock set back had put off', async () => {
    const { clock, table, log } = engine.process;
    const loop = createWorkLoop({ table, clock, log, concurrency: 1, graceMs: 0, leaseMs: 60_000 });
    const told = () => log.lines.splice(0).map(({ message, facts }) => ({ message, ...facts }));
    await engine.process.wake('ana');
    await loop.renew();
    expect(told()).toEqual([]);
    clock.advance(-2 * 3_600_000);
    await loop.renew();
    expect(told()).toMatchObject([{ hurried: 1, message: expect.stringContaining('the clock') }]);
    await engine.open({ clock }).table.claim({ limit: 1, leaseMs: -1 });
    await loop.renew();
    expect(told()).toMatchObject([{ abandoned: 1, message: expect.stringContaining('taken over') }]);
  });

  it('lets nobody settle a run that was taken over', async () => {
    await engine.process.wake('ana');
    const [first] = await engine.process.table.claim({ limit: 1, leaseMs: 60_000 });
    await engine.process.table.release('all');
    const other = engine.open();
    const [second] = await other.table.claim({ limit: 1, leaseMs: 60_000 });
    if (!first || !second) throw new Error('nothing was claimed');
    const later = { runAt: engine.process.clock.now(), error: 'late' };
    expect(await engine.process.table.finish(first)).toBe(false);
    expect(await engine.process.table.putBack(first, later)).toBe(false);
    expect(await engine.process.table.giveUp(first, 'late')).toBe(false);
    expect((await engine.process.table.extend([first], 60_000)).size).toBe(0);
    // Nor an earlier run of the same process.
    expect(await other.table.finish({ ...second, attempt: first.attempt })).toBe(false);
    expect((await other.table.extend([second], 60_000)).has(second.id)).toBe(true);
    expect(await other.table.finish(second)).toBe(true);
    expect(await health()).toMatchObject({ waiting: 0, running: 0, failed: 0 });
  });
});

/** Leases are short where several processes work; one that has the database to itself needs none while it lives. */
describe('a lease on postgres', () => {
  const engine = useJobEngine('postgres');

  it('of a process that died runs out, and another one takes over by itself', async () => {
    const dead = engine.openLive();
    await using alive = engine.openLive({ leaseMs: 600 });
    await dead.wake('ana');
    await dead.table.claim({ limit: 1, leaseMs: 300 });
    const attempts: number[] = [];
    await alive.runner.start(answering(async (_userId, run) => void attempts.push(run.attempt)));
    await waitFor('the second run', () => attempts.length === 1, 3_000);
    expect(attempts).toEqual([1]);
  });

  it('is renewed for as long as its job runs', async () => {
    await using alive = engine.openLive({ leaseMs: 300 });
    const other = engine.openLive();
    const hold = gate();
    let runs = 0;
    await alive.wake('ana');
    await alive.runner.start(
      answering(async () => {
        runs += 1;
        await hold.promise;
      }),
    );
    const end = Date.now() + 1_000;
    await waitFor('several leases', async () => {
      expect(await other.table.release('expired')).toMatchObject({ abandoned: 0 });
      return Date.now() > end;
    });
    hold.resolve();
    await alive.runner.whenIdle();
    expect(runs).toBe(1);
  });

  it('that was lost aborts its job, which then changes nothing', async () => {
    await using slow = engine.openLive({ leaseMs: 600 });
    const reasons: unknown[] = [];
    await slow.wake('ana');
    await slow.runner.start(
      answering(async (userId, run) => {
        await untilAborted(userId, run).catch((reason) => reasons.push(reason));
        throw new Error('too late');
      }),
    );
    const job = await waitFor('the run', async () => (await slow.runner.running(1))[0]);
    // As if this process had been silent for too long: another one gave the job back and holds it now.
    const thief = engine.openLive();
    const stolen = { holder: 'another process', attempts: 2 };
    await engine.database.db.updateTable('jobs').set(stolen).where('id', '=', job.id).execute();
    await waitFor('the abort', () => reasons.length === 1, 3_000);
    expect(reasons[0]).toBeInstanceOf(LostLease);
    await waitFor('the word about it', () =>
      slow.log.lines.find((line) => line.message === 'another process took this job over'),
    );
    expect(await thief.runner.running(1)).toMatchObject([{ holder: 'another process', attempts: 2 }]);
  });
});
