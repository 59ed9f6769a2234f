import { describe, expect, it } from 'vitest';
import { maxAttempts } from '#src/adapters/jobs/retry.ts';
import { ProviderRefused, StorageUnavailable } from '#src/domain/errors.ts';
import { engines } from '#tests/support/engines.ts';
import { answering, useJobEngine } from '#tests/support/job-engine.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** What becomes of a job that fails, on every engine. */
describe.each(engines)('a failing job on %s', (name) => {
  const engine = useJobEngine(name);

  const health = () => engine.process.runner.health();
  const failOnce = async () => {
    const seen: string[] = [];
    await engine.process.wake('ana');
    await engine.process.runner.start(
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
    await engine.process.wake('ana');
    await engine.process.runner.start(
      answering(async (userId, run) => {
        seen.push(`${userId} ${run.attempt}`);
        if (userId === 'ana' && run.attempt === 1) throw new Error('passing trouble');
      }),
    );
    await waitFor(
      'the first attempt to be put back',
      async () => seen.length === 1 && (await health()).waiting === 1,
    );
    const delayMs = Number(await engine.process.table.nextRunAt()) - engine.process.clock.now().getTime();
    expect(delayMs).toBeGreaterThanOrEqual(1000);
    expect(delayMs).toBeLessThanOrEqual(1250);
    await engine.process.wake('ben');
    engine.process.runner.poke();
    await waitFor('ben', () => seen.includes('ben 1'));
    engine.process.clock.advance(2000);
    engine.process.runner.poke();
    await engine.process.runner.whenIdle();
    expect(seen).toEqual(['ana 1', 'ben 1', 'ana 2']);
  });

  it('is given up visibly, after its attempts or at once when trying is pointless', async () => {
    await engine.process.wake('ana', 'ben');
    let attempts = 0;
    let last = false;
    await engine.process.runner.start(
      answering(async (userId, run) => {
        if (userId === 'ben') throw new ProviderRefused('quota', 'no money');
        attempts = run.attempt;
        last = run.lastAttempt;
        throw new Error('always');
      }),
    );
    await waitFor('both to fail', async () => {
      engine.process.clock.advance(61_000);
      engine.process.runner.poke();
      return (await health()).failed === 2;
    });
    expect({ attempts, last }).toEqual({ attempts: maxAttempts, last: true });
    const failures = await engine.process.runner.failures(10);
    expect(failures).toMatchObject([
      { lane: 'ana', name: 'answer-user', attempts: maxAttempts, reason: 'unexpected error', holder: null },
      { lane: 'ben', attempts: 1, reason: 'provider_refused' },
    ]);
    expect(await engine.process.runner.failures(1)).toHaveLength(1);
  });

  it('does not block its lane', async () => {
    const seen = await failOnce();
    await engine.process.wake('ana');
    engine.process.runner.poke();
    await waitFor('the next run', () => seen.length === 2);
    await engine.process.runner.whenIdle();
    expect(await health()).toMatchObject({ waiting: 0, failed: 1 });
  });

  it('runs again when the owner says so, with all its attempts, and only once', async () => {
    const seen = await failOnce();
    const [failure] = await engine.process.runner.failures(10);
    expect(await engine.process.runner.retry(failure?.id ?? '')).toBe(true);
    expect(await engine.process.runner.retry(failure?.id ?? '')).toBe(false);
    await waitFor('the retry', () => seen.length === 2);
    await engine.process.runner.whenIdle();
    expect(seen).toEqual(['ana 1', 'ana 1']);
    expect(await health()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('joins a waiting one when the owner tries it again, and brings it forward', async () => {
    const seen = await failOnce();
    const later = new Date(engine.process.clock.now().getTime() + 60_000);
    await engine.process.work.run((stores) => stores.jobs.wake(['ana'], later, 60_000));
    const [failure] = await engine.process.runner.failures(10);
    expect(await engine.process.runner.retry(failure?.id ?? '')).toBe(true);
    await waitFor('the retry', () => seen.length === 2);
    await engine.process.runner.whenIdle();
    expect(seen).toHaveLength(2);
    expect(await health()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('is forgotten when the owner says so', async () => {
    await failOnce();
    const [failure] = await engine.process.runner.failures(10);
    expect(await engine.process.runner.discard(failure?.id ?? '')).toBe(true);
    expect(await engine.process.runner.discard(failure?.id ?? '')).toBe(false);
    expect(await engine.process.runner.failures(10)).toEqual([]);
  });

  it('is not counted while our own database is in trouble, however often', async () => {
    const attempts: number[] = [];
    await engine.process.wake('ana');
    await engine.process.runner.start(
      answering(async (_userId, run) => {
        attempts.push(run.attempt);
        if (attempts.length <= 2 * maxAttempts) throw new StorageUnavailable('down');
      }),
    );
    await waitFor('the end of the trouble', () => {
      engine.process.clock.advance(5_001);
      engine.process.runner.poke();
      return attempts.length === 2 * maxAttempts + 1;
    });
    await engine.process.runner.whenIdle();
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(await health()).toMatchObject({ waiting: 0, failed: 0 });
  });

  it('is not counted when its process ended, but told', async () => {
    const seen: { attempt: number; crashes: number }[] = [];
    await engine.process.wake('ana');
    for (let crash = 0; crash < 2 * maxAttempts; crash += 1) {
      await engine.process.table.claim({ limit: 1, leaseMs: 60_000 });
      await engine.process.table.release('all');
    }
    await engine.process.runner.start(
      answering(async (_userId, { attempt, crashes }) => {
        seen.push({ attempt, crashes });
      }),
    );
    await engine.process.runner.whenIdle();
    expect(seen).toEqual([{ attempt: 1, crashes: 2 * maxAttempts }]);
  });

  it('shows who runs what', async () => {
    await engine.process.wake('ana');
    await engine.process.table.claim({ limit: 1, leaseMs: 60_000 });
    expect(await engine.process.runner.running(10)).toMatchObject([
      { lane: 'ana', attempts: 1, startedAt: '2026-11-21T10:00:00.000Z', reason: null },
    ]);
  });
});
