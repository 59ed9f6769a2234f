import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJobTable } from '#src/adapters/store/job-table.ts';
import { openWorkerRegistry } from '#src/adapters/store/worker-registry.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { JobTable } from '#src/ports/jobs.ts';
import type { WorkerRegistry } from '#src/ports/workers.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { type ServerUnderTest, startServer } from './server-under-test.ts';

const path = '/api/v1/workers';

describe.each(engines)('the workers on %s', (engine) => {
  const clock = createTestClock(new Date().toISOString());
  const holder = newUuid();
  let open: AsyncDisposableStack;
  let server: ServerUnderTest;
  let table: JobTable;
  let registry: WorkerRegistry;

  beforeEach(async () => {
    open = new AsyncDisposableStack();
    const { db } = open.use(await openTestDatabase(engine));
    const log = createQuietLog();
    table = createJobTable({ db, engine, clock, newId: newUuid, holder });
    registry = open.use(
      openWorkerRegistry({
        engine,
        db,
        clock,
        log,
        id: holder,
        host: 'here',
        role: 'all',
        version: '1.2.3',
        running: () => 1,
      }),
    );
    const workers = { engine, role: 'all', desk: table.desk, registry } as const;
    server = open.use(await startServer({ deps: { workers } }));
  });
  afterEach(() => open[Symbol.asyncDispose]());

  const call = (method: 'GET' | 'POST' | 'DELETE', url: string, headers = server.bearer()) =>
    server.app.inject({ method, url, headers });

  async function begin(userId: string) {
    const job = {
      name: 'answer-user',
      lane: userId,
      key: userId,
      payload: JSON.stringify({ userId }),
    } as const;
    await table.enqueue({ ...job, runAt: clock.now() });
    const [claimed] = await table.claim({ limit: 1, leaseMs: 15_000 });
    if (!claimed) throw new Error('nothing was due');
    return claimed;
  }

  it('are shown with what runs, what waits and what failed', async () => {
    const [ana, ben, cem] = [newUuid(), newUuid(), newUuid()];
    const failed = await begin(ana);
    await table.giveUp(failed, 'provider_refused insufficient_quota');
    const running = await begin(ben);
    await table.enqueue({ name: 'answer-user', lane: cem, key: cem, payload: '{}', runAt: clock.now() });
    clock.advance(3_000);

    const answer = await call('GET', path);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const body = answer.json();
    expect(body).toMatchObject({ engine, role: 'all', process_id: holder, waiting: 1, is_cut: false });
    expect(body.oldest_due_ms).toBeGreaterThanOrEqual(3_000);
    expect(body.processes).toMatchObject([
      { id: holder, host: 'here', role: 'all', version: '1.2.3', running: 1, is_lost: false },
    ]);
    expect(body.running).toMatchObject([
      { id: running.id, user_id: ben, name: 'answer-user', attempt: 1, process_id: holder },
    ]);
    expect(Date.parse(body.running[0].since)).not.toBeNaN();
    expect(body.failures).toMatchObject([
      { id: failed.id, user_id: ana, reason: 'provider_refused insufficient_quota', attempts: 1 },
    ]);
  });

  it('list the newest failures first, and say when there are more', async () => {
    const ids: string[] = [];
    for (let number = 0; number < 3; number += 1) {
      const job = await begin(newUuid());
      await table.giveUp(job, `reason ${number}`);
      ids.unshift(job.id);
      clock.advance(10);
    }
    const listed = async (query: string) => (await call('GET', `${path}${query}`)).json();
    expect((await listed('')).failures.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect(await listed('?limit=2')).toMatchObject({
      failures: [{ id: ids[0] }, { id: ids[1] }],
      is_cut: true,
    });
    expect((await call('GET', `${path}?limit=0`)).statusCode).toBe(400);
  });

  it('try a failed job again, once', async () => {
    const job = await begin(newUuid());
    await table.giveUp(job, 'unexpected error');
    const url = `${path}/failures/${job.id}/retry`;
    const answer = await call('POST', url);
    expect([answer.statusCode, answer.json()]).toEqual([202, { status: 'queued' }]);
    expect((await call('POST', url)).statusCode).toBe(404);
    expect((await call('GET', path)).json()).toMatchObject({ failures: [], waiting: 1 });
    const [again] = await table.claim({ limit: 1, leaseMs: 15_000 });
    expect(again?.payload).toBe(job.payload);
  });

  it('forget a failed job, and no other', async () => {
    const [failed, running] = [await begin(newUuid()), await begin(newUuid())];
    await table.giveUp(failed, 'unexpected error');
    expect((await call('DELETE', `${path}/failures/${running.id}`)).statusCode).toBe(404);
    expect((await call('POST', `${path}/failures/${running.id}/retry`)).statusCode).toBe(404);
    const answer = await call('DELETE', `${path}/failures/${failed.id}`);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect((await call('DELETE', `${path}/failures/${failed.id}`)).json()).toMatchObject({
      error: { code: 'not_found' },
    });
    expect((await call('DELETE', `${path}/failures/no-id%00`)).statusCode).toBe(404);
    expect((await call('GET', path)).json()).toMatchObject({ failures: [], running: [{ id: running.id }] });
  });

  it('are for the owner only', async () => {
    const nobody = { authorization: 'Bearer nobody' };
    const id = newUuid();
    expect((await call('GET', path, nobody)).statusCode).toBe(401);
    expect((await call('POST', `${path}/failures/${id}/retry`, nobody)).statusCode).toBe(401);
    expect((await call('DELETE', `${path}/failures/${id}`, nobody)).statusCode).toBe(401);
  });
});
