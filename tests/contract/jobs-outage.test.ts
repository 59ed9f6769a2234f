import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, gate, openSeparateProcess } from '#tests/support/job-engine.ts';
import { createDatabase, type PostgresServer, startPostgres } from '#tests/support/postgres-server.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** A database that goes away and comes back. */
describe('an outage of postgres', { timeout: 60_000 }, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const openTarget = async () => {
    const { url } = await createDatabase(server.url);
    return { engine: 'postgres', url, poolSize: 4 } as const;
  };

  it('ends no process and no job: both go on by themselves', async () => {
    await using process = await openSeparateProcess(await openTarget());
    const hold = gate();
    const seen: string[] = [];
    await process.runner.start(
      answering(async (userId, run) => {
        if (userId === 'ana') await hold.promise;
        seen.push(`${userId} ${run.attempt}`);
      }),
    );
    await process.wake('ana');
    await waitFor('the run', async () => (await process.runner.health()).running === 1);
    const later = new Date(Date.now() + 1_500);
    await process.work.run((stores) => stores.jobs.wake(['ben'], later, 0));
    await server.stop();
    // The run ends while its outcome cannot be stored.
    hold.resolve();
    await waitFor('the run', () => seen.includes('ana 1'));
    await waitFor('a try to store that', () =>
      process.log.lines.some((line) => line.message === 'the outcome of a job could not be stored'),
    );
    await server.start();
    await waitFor('ben', () => seen.includes('ben 1'), 30_000);
    await waitFor('the queue', () =>
      process.wake('cleo').then(
        () => true,
        () => false,
      ),
    );
    await waitFor('cleo', () => seen.includes('cleo 1'), 20_000);
    await waitFor('the end', async () => (await process.runner.health()).running === 0);
    expect(seen.filter((run) => run.startsWith('ana'))).toEqual(['ana 1']);
    expect(await process.runner.health()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('does not keep a process from closing', async () => {
    const process = await openSeparateProcess(await openTarget(), { graceMs: 500 });
    const hold = gate();
    await process.runner.start(answering(() => hold.promise));
    await process.wake('ana');
    await waitFor('the run', async () => (await process.runner.health()).running === 1);
    await server.stop();
    hold.resolve();
    const began = Date.now();
    await process[Symbol.asyncDispose]();
    expect(Date.now() - began).toBeLessThan(12_000);
    await server.start();
  });
});
