import { describe, expect, it } from 'vitest';
import type { JobHandlers } from '#src/ports/jobs.ts';
import { openTestDatabase } from '#tests/support/engines.ts';
import { type JobProcess, openSeparateProcess, useJobEngine } from '#tests/support/job-engine.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const cleaning = (handler: () => Promise<void>): JobHandlers => ({
  'answer-user': async () => {},
  'remove-old-media': handler,
  'erase-person': async () => {},
  'erase-at-provider': async () => {},
  'sum-usage': async () => {},
  'settle-reports': async () => {},
  'sync-templates': async () => {},
  'send-broadcast': async () => {},
});

describe('a schedule on sqlite', () => {
  const engine = useJobEngine('sqlite');

  const nextRun = async (process: JobProcess) => (await process.table.nextRunAt())?.toISOString();

  it('runs at its times, each once, also when a run fails', async () => {
    const { process } = engine;
    let runs = 0;
    await process.runner.every('remove-old-media', '17 3 * * *');
    await process.runner.every('remove-old-media', '17 3 * * *');
    await process.runner.start(
      cleaning(async () => {
        runs += 1;
        if (runs === 1) throw new Error('once');
      }),
    );
    expect(await nextRun(process)).toBe('2026-11-22T03:17:00.000Z');
    expect(runs).toBe(0);
    process.clock.advance(24 * 3_600_000);
    process.runner.poke();
    await waitFor('the failure', () => runs === 1);
    await waitFor('the retry', () => {
      process.clock.advance(2_000);
      process.runner.poke();
      return runs === 2;
    });
    await waitFor('the next day', async () => (await nextRun(process)) === '2026-11-23T03:17:00.000Z');
  });

  it('makes up once for what was missed while no process ran', async () => {
    const before = engine.open();
    await before.runner.every('remove-old-media', '17 3 * * *');
    await before[Symbol.asyncDispose]();
    const { process } = engine;
    process.clock.advance(5 * 24 * 3_600_000);
    let runs = 0;
    await process.runner.every('remove-old-media', '17 3 * * *');
    await process.runner.start(
      cleaning(async () => {
        runs += 1;
      }),
    );
    await waitFor('the missed run', () => runs === 1);
    await waitFor('the next time', async () => (await nextRun(process)) === '2026-11-27T03:17:00.000Z');
    expect(runs).toBe(1);
  });
});

describe('a schedule on postgres', () => {
  it('runs once for all processes', async () => {
    await using database = await openTestDatabase('postgres');
    await using one = await openSeparateProcess(database.target, { scheduleCheckSeconds: 1 });
    await using other = await openSeparateProcess(database.target, { scheduleCheckSeconds: 1 });
    const minutes: string[] = [];
    const handlers = cleaning(async () => void minutes.push(new Date().toISOString().slice(0, 16)));
    for (const process of [one, other]) {
      await process.runner.every('remove-old-media', '* * * * *');
      await process.runner.start(handlers);
    }
    await waitFor('a run', () => minutes.length > 0, 20_000);
    // Long enough for the other process to have checked its schedules, too.
    const end = Date.now() + 3_000;
    await waitFor('checks of both', () => Date.now() > end);
    expect(new Set(minutes).size).toBe(minutes.length);
  });
});
