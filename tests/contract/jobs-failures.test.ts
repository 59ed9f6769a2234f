import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { maxAttempts } from '#src/adapters/jobs/retry.ts';
import { ProviderRefused, StorageUnavailable } from '#src/domain/errors.ts';
import { engines } from '#tests/support/engines.ts';
import { answering, type JobEngine, type JobProcess, openJobEngine } from '#tests/support/job-engine.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** What becomes of a job that fails, on every engine. */
describe.each(engines)('a failing job on %s', (name) => {
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

  const health = () => process.runner.health();
  const failOnce = async () => {
    const seen: string[] = [];
    await process.wake('ana');
    await process.runner.start(
      answering(async (userId, run) => {
        seen.push(`${userId} ${run.attempt}`);
        if (seen.length === 1) throw new ProviderRefused('request', 'no', { vendorCode: '400' });
      }),
    );
    await waitFor('the failure', async () => (await health()).failed === 1);
    return seen;
  };

  it('is tried again, later, and other lanes do not wait for it', async () => {
    const seen: string[] = [];
    await process.wake('ana');
    await process.runner.start(
      answering(async (userId, run) => {
        seen.push(`${userId} ${run.attempt}`);
        if (userId === 'ana' && run.attempt === 1) throw new Error('passing trouble');
      }),
    );
    await waitFor(
      'the first attempt to be put back',
      async () => seen.length === 1 && (await health()).waiting === 1,
    );
    const delayMs = Number(await process.table.nextRunAt()) - process.clock.now().getTime();
    expect(delayMs).toBeGreaterThanOrEqual(1000);
    expect(delayMs).toBeLessThanOrEqual(1250);
    await process.wake('ben');
    process.runner.poke();
    await waitFor('ben', () => seen.includes('ben 1'));
    process.clock.advance(2000);
    process.runner.poke();
    await process.runner.whenIdle();
    expect(seen).toEqual(['ana 1', 'ben 1', 'ana 2']);
  });

  it('is given up visibly, after its attempts or at once when trying is pointless', async () => {
    await process.wake('ana', 'ben');
    let attempts = 0;
    let last = false;
    await process.runner.start(
      answering(async (userId, run) => {
        if (userId === 'ben') throw new ProviderRefused('quota', 'no money');
        attempts = run.attempt;
        last = run.lastAttempt;
        throw new Error('always');
      }),
    );
    await waitFor('both to fail', async () => {
      process.clock.advance(61_000);
      process.runner.poke();
      return (await health()).failed === 2;
    });
    expect({ attempts, last }).toEqual({ attempts: maxAttempts, last: true });
    const failures = await process.runner.failures(10);
    expect(failures).toMatchObject([
      { lane: 'ana', name: 'answer-user', attempts: maxAttempts, reason: 'unexpected error', holder: null },
      { lane: 'ben', attempts: 1, reason: 'provider_refused' },
    ]);
    expect(await process.runner.failures(1)).toHaveLength(1);
  });

  it('does not block its lane', async () => {
    const seen = await failOnce();
    await process.wake('ana');
    process.runner.poke();
    await waitFor('the next run', () => seen.length === 2);
    await process.runner.whenIdle();
    expect(await health()).toMatchObject({ waiting: 0, failed: 1 });
  });

  it('runs again when the owner says so, with all its attempts, and only once', async () => {
    const seen = await failOnce();
    const [failure] = await process.runner.failures(10);
    expect(await process.runner.retry(failure?.id ?? '')).toBe(true);
    expect(await process.runner.retry(failure?.id ?? '')).toBe(false);
    await waitFor('the retry', () => seen.length === 2);
    await process.runner.whenIdle();
    expect(seen).toEqual(['ana 1', 'ana 1']);
    expect(await health()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('joins a waiting one when the owner tries it again, and brings it forward', async () => {
    const seen = await failOnce();
    const later = new Date(process.clock.now().getTime() + 60_000);
    await process.work.run((stores) => stores.jobs.wake(['ana'], later, 60_000));
    const [failure] = await process.runner.failures(10);
    expect(await process.runner.retry(failure?.id ?? '')).toBe(true);
    await waitFor('the retry', () => seen.length === 2);
    await process.runner.whenIdle();
    expect(seen).toHaveLength(2);
    expect(await health()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('is forgotten when the owner says so', async () => {
    await failOnce();
    const [failure] = await process.runner.failures(10);
    expect(await process.runner.discard(failure?.id ?? '')).toBe(true);
    expect(await process.runner.discard(failure?.id ?? '')).toBe(false);
    expect(await process.runner.failures(10)).toEqual([]);
  });

  it('is not counted while our own database is in trouble, however often', async () => {
    const attempts: number[] = [];
    await process.wake('ana');
    await process.runner.start(
      answering(async (_userId, run) => {
        attempts.push(run.attempt);
        if (attempts.length <= 2 * maxAttempts) throw new StorageUnavailable('down');
      }),
    );
    await waitFor('the end of the trouble', () => {
      process.clock.advance(5_001);
      process.runner.poke();
      return attempts.length === 2 * maxAttempts + 1;
    });
    await process.runner.whenIdle();
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(await health()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('is not counted when its process ended, but told', async () => {
    const seen: { attempt: number; crashes: number }[] = [];
    await process.wake('ana');
    for (let crash = 0; crash < 2 * maxAttempts; crash += 1) {
      await process.table.claim({ limit: 1, leaseMs: 60_000 });
      await process.table.release('all');
    }
    await process.runner.start(
      answering(async (_userId, { attempt, crashes }) => {
        seen.push({ attempt, crashes });
      }),
    );
    await process.runner.whenIdle();
    expect(seen).toEqual([{ attempt: 1, crashes: 2 * maxAttempts }]);
  });

  it('shows who runs what', async () => {
    await process.wake('ana');
    await process.table.claim({ limit: 1, leaseMs: 60_000 });
    expect(await process.runner.running(10)).toMatchObject([
      { lane: 'ana', attempts: 1, startedAt: '2026-11-21T10:00:00.000Z', reason: null },
    ]);
  });
});
