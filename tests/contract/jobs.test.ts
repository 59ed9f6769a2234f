import { describe, expect, it } from 'vitest';
import { engines } from '#tests/support/engines.ts';
import { answering, gate, useJobEngine } from '#tests/support/job-engine.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** What every job engine must do, whatever it is built on. */
describe.each(engines)('the job engine on %s', (name) => {
  const engine = useJobEngine(name);

  it('runs what was enqueued and forgets it', async () => {
    const seen: string[] = [];
    await engine.process.wake('ana');
    await engine.process.runner.start(answering(async (userId) => void seen.push(userId)));
    await engine.process.runner.whenIdle();
    expect(seen).toEqual(['ana']);
    expect(await engine.process.runner.health()).toMatchObject({ waiting: 0, running: 0, failed: 0 });
  });

  it('never runs what was rolled back', async () => {
    const seen: string[] = [];
    await engine.process.runner.start(answering(async (userId) => void seen.push(userId)));
    await engine.process.work
      .run(async (stores) => {
        await stores.jobs.wake(['ana'], engine.process.clock.now(), 0);
        throw new Error('rolled back');
      })
      .catch(() => {});
    await engine.process.wake('ben');
    engine.process.runner.poke();
    await waitFor('ben', () => seen.includes('ben'));
    await engine.process.runner.whenIdle();
    expect(seen).toEqual(['ben']);
  });

  it('joins wake-ups that wait, and runs again for one that comes while it runs', async () => {
    const first = gate();
    let runs = 0;
    await engine.process.wake('ana', 'ana');
    await engine.process.wake('ana');
    await engine.process.runner.start(
      answering(async () => {
        runs += 1;
        if (runs === 1) await first.promise;
      }),
    );
    await waitFor('the first run', () => runs === 1);
    await engine.process.wake('ana');
    engine.process.runner.poke();
    first.resolve();
    await waitFor('the second run', () => runs === 2);
    await engine.process.runner.whenIdle();
    expect(runs).toBe(2);
  });

  it('keeps one lane to one run at a time and runs lanes side by side', async () => {
    const hold = gate();
    const running: string[] = [];
    let overlaps = 0;
    let runs = 0;
    await engine.process.runner.start(
      answering(async (userId) => {
        if (running.includes(userId)) overlaps += 1;
        running.push(userId);
        await hold.promise;
        running.splice(running.indexOf(userId), 1);
        runs += 1;
      }),
    );
    await engine.process.wake('ana', 'ben');
    engine.process.runner.poke();
    await waitFor('both lanes', () => running.length === 2);
    await engine.process.wake('ana');
    engine.process.runner.poke();
    hold.resolve();
    await waitFor('all runs', () => runs === 3);
    expect(overlaps).toBe(0);
  });

  it('runs the jobs of a lane in order, and never two of them at once', async () => {
    const seen: string[] = [];
    const at = (ms: number) => new Date(engine.process.clock.now().getTime() - ms);
    const enqueue = (userId: string, runAt: Date) =>
      engine.process.table.enqueue({
        name: 'answer-user',
        lane: 'one',
        key: userId,
        payload: JSON.stringify({ userId }),
        runAt,
      });
    await enqueue('third', at(1000));
    await enqueue('first', at(3000));
    await enqueue('second', at(2000));
    expect(await engine.process.table.claim({ limit: 10, leaseMs: 60_000 })).toHaveLength(1);
    expect(await engine.process.table.claim({ limit: 10, leaseMs: 60_000 })).toHaveLength(0);
    await engine.process.table.release('all');
    await engine.process.runner.start(answering(async (userId) => void seen.push(userId)));
    await engine.process.runner.whenIdle();
    // The first one was put back with the present time, as after a crash.
    expect(seen).toEqual(['second', 'third', 'first']);
  });

  it('waits for the time of a delayed job, and moves it no further than allowed', async () => {
    const { clock, table, work } = engine.process;
    const at = (ms: number) => new Date(clock.now().getTime() + ms);
    const wakeInASecond = () => work.run((stores) => stores.jobs.wake(['ana'], at(1000), 3000));
    await wakeInASecond();
    clock.advance(900);
    await wakeInASecond();
    expect((await table.nextRunAt())?.toISOString()).toBe('2026-11-21T10:00:01.900Z');
    for (let line = 0; line < 5; line += 1) {
      clock.advance(900);
      await wakeInASecond();
    }
    expect((await table.nextRunAt())?.toISOString()).toBe('2026-11-21T10:00:03.000Z');
  });

  it('is not put off by wishes to wake up later', async () => {
    await using own = engine.openLive();
    const seen: string[] = [];
    await own.runner.start(answering(async (userId) => void seen.push(userId)));
    const wakeIn = async (userId: string, ms: number) => {
      const at = new Date(Date.now() + ms);
      await own.work.run((stores) => stores.jobs.wake([userId], at, 10_000));
      own.runner.poke(at);
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

  it('lets an earlier wish through, although the same job already waits for later', async () => {
    await using own = engine.openLive();
    const seen: string[] = [];
    await own.runner.start(answering(async (userId) => void seen.push(userId)));
    const enqueueIn = (ms: number) => {
      const runAt = new Date(Date.now() + ms);
      const job = {
        name: 'answer-user',
        lane: 'ana',
        key: 'ana',
        payload: '{"userId":"ana"}',
        runAt,
      } as const;
      return own.table.enqueue(job);
    };
    await enqueueIn(60_000);
    await enqueueIn(0);
    // Where several processes work, nobody may depend on the one that enqueued it.
    if (name === 'sqlite') own.runner.poke();
    await waitFor('ana', () => seen.includes('ana'), 2_000);
  });

  it('wakes a thousand people in one go', async () => {
    const people = Array.from({ length: 1_200 }, (_, index) => `person ${index}`);
    const seen = new Set<string>();
    await engine.process.wake(...people);
    await engine.process.runner.start(answering(async (userId) => void seen.add(userId)));
    await waitFor('everybody', () => seen.size === people.length);
  });
});
