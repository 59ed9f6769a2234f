import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseTarget } from '#config/database-target.ts';
import type { Clock } from '#src/ports/system.ts';
import { openTestDatabase } from '#tests/support/engines.ts';
import { answering, gate, type JobProcess, openSeparateProcess } from '#tests/support/job-engine.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** Several processes that share one Postgres database. */
describe('processes on one database', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let target: DatabaseTarget;
  beforeAll(async () => {
    database = await openTestDatabase('postgres');
    target = database.target;
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const range = (length: number) => Array.from({ length }, (_, index) => index);
  const wakeAt = (process: JobProcess<Clock>, userId: string, ms: number) => {
    const at = new Date(Date.now() + ms);
    return process.work
      .run((stores) => stores.jobs.wake([userId], at, 10_000))
      .then(() => process.runner.poke(at));
  };

  it('may all start at the same moment', { timeout: 60_000 }, async () => {
    await using stack = new AsyncDisposableStack();
    const opened = await Promise.all(range(10).map(() => openSeparateProcess(target)));
    for (const process of opened) stack.use(process);
    expect(await opened[9]?.runner.health()).toMatchObject({ waiting: 0 });
  });

  it('never run a job twice or two of a lane at once, and share the load', { timeout: 60_000 }, async () => {
    await using one = await openSeparateProcess(target);
    await using other = await openSeparateProcess(target);
    const running = new Set<string>();
    const runs: { key: string; by: number }[] = [];
    const faults: string[] = [];
    for (const [by, process] of [one, other].entries()) {
      await process.runner.start(
        answering(async (key) => {
          const lane = key.split(' ')[0] ?? '';
          if (running.has(lane)) faults.push(key);
          running.add(lane);
          const end = gate();
          setTimeout(end.resolve, Math.random() * 6);
          await end.promise;
          running.delete(lane);
          runs.push({ key, by });
        }),
      );
    }
    await Promise.all(
      range(300).map((index) => {
        const lane = `lane${index % 40}`;
        const key = `${lane} job${index}`;
        const payload = JSON.stringify({ userId: key });
        const by = index % 2 === 0 ? one : other;
        return by.table.enqueue({ name: 'answer-user', lane, key, payload, runAt: new Date() });
      }),
    );
    await waitFor('all of them', () => runs.length >= 300, 30_000);
    await one.runner.whenIdle();
    expect(faults).toEqual([]);
    expect(runs.length).toBe(new Set(runs.map((run) => run.key)).size);
    const share = runs.filter((run) => run.by === 0).length / 300;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  });

  it('answer for one that only accepts, and on time', async () => {
    await using web = await openSeparateProcess(target);
    await using worker = await openSeparateProcess(target);
    const late: number[] = [];
    await worker.runner.start(answering(async (due) => void late.push(Date.now() - Number(due))));
    for (const delayMs of [0, 300, 700]) {
      const count = late.length;
      await wakeAt(web, String(Date.now() + delayMs), delayMs);
      await waitFor('the answer', () => late.length > count);
    }
    expect(Math.max(...late)).toBeLessThan(400);
    expect(await web.runner.health()).toMatchObject({ failed: 0 });
  });

  it('help one that is full', async () => {
    await using full = await openSeparateProcess(target, { concurrency: 1 });
    await using free = await openSeparateProcess(target, { concurrency: 1 });
    const hold = gate();
    const seen: string[] = [];
    await full.runner.start(answering(() => hold.promise));
    await full.wake('ana');
    await waitFor('ana', async () => (await full.runner.health()).running === 1);
    await free.runner.start(answering(async (userId) => void seen.push(userId)));
    await wakeAt(full, 'ben', 0);
    await waitFor('ben', () => seen.includes('ben'), 3_000);
    await wakeAt(full, 'cleo', 250);
    await waitFor('cleo', () => seen.includes('cleo'), 3_000);
    hold.resolve();
  });

  it('wake the same people at the same time without getting in each other’s way', async () => {
    await using one = await openSeparateProcess(target);
    await using other = await openSeparateProcess(target);
    const seen = new Set<string>();
    const people = range(60).map((index) => `person ${index}`);
    await one.runner.start(answering(async (userId) => void seen.add(userId)));
    await other.runner.start(answering(async (userId) => void seen.add(userId)));
    await Promise.all(
      range(30).map((index) => (index % 2 ? one.wake(...people) : other.wake(...people.toReversed()))),
    );
    await waitFor('everybody', () => seen.size === people.length);
    await one.runner.whenIdle();
  });
});
