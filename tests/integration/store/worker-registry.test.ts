import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkerRegistry } from '#src/adapters/store/worker-registry.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock, type TestClock } from '#tests/support/test-clock.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let clock: TestClock;
const log = createQuietLog();

/** A process on the database; `everyMs` an hour: signs of life come when the test wants them. */
const openProcess = (id: string, more: { everyMs?: number; running?: () => number } = {}) =>
  openWorkerRegistry({
    engine: database.engine,
    db: database.db,
    clock,
    log,
    id,
    host: `host-of-${id}`,
    role: 'worker',
    version: '1.0.0',
    running: () => 0,
    everyMs: 3_600_000,
    ...more,
  });
const stored = () => database.db.selectFrom('workers').selectAll().orderBy('id').execute();
afterEach(() => database[Symbol.asyncDispose]());

describe('processes on Postgres', () => {
  beforeEach(async () => {
    database = await openTestDatabase('postgres');
    clock = createTestClock();
  });

  it('see each other at once, with what they do', async () => {
    await using a = openProcess('a', { running: () => 3 });
    await waitFor('a', async () => (await stored()).length === 1);
    clock.advance(1_000);
    await using b = openProcess('b');
    await waitFor('b', async () => (await stored()).length === 2);
    expect(await b.list()).toMatchObject([
      { id: 'a', host: 'host-of-a', role: 'worker', version: '1.0.0', running: 3, isLost: false },
      { id: 'b', running: 0, isLost: false },
    ]);
    expect((await a.list()).map((process) => process.id)).toEqual(['a', 'b']);
  });

  it('show one that is silent as lost, for an hour, and then forget it', async () => {
    await using a = openProcess('a');
    await waitFor('a', async () => (await stored()).length === 1);
    await database.db
      .insertInto('workers')
      .values({ ...(await stored())[0], id: 'gone', running: 3 } as never)
      .execute();
    const lost = async () => (await a.list()).filter(({ isLost }) => isLost).map(({ id }) => id);
    const runningInGone = async () => (await a.list()).find(({ id }) => id === 'gone')?.running;
    clock.advance(14_000);
    expect(await lost()).toEqual([]);
    expect(await runningInGone()).toBe(3);
    clock.advance(1_000);
    expect(await lost()).toEqual(['gone']);
    expect(await runningInGone()).toBe(0);
    clock.advance(3_600_000);
    expect((await a.list()).map(({ id }) => id)).toEqual(['a']);
    await a.beat();
    expect((await stored()).map(({ id }) => id)).toEqual(['a']);
  });

  it('are gone from the list after they have ended', async () => {
    await using a = openProcess('a');
    {
      await using _b = openProcess('b');
      await waitFor('b', async () => (await stored()).length === 2);
    }
    expect((await a.list()).map(({ id }) => id)).toEqual(['a']);
  });

  it('give signs of life by themselves', async () => {
    await using _a = openProcess('a', { everyMs: 20 });
    await waitFor('the first', async () => (await stored()).length === 1);
    clock.advance(5_000);
    await waitFor('the next', async () => (await stored())[0]?.seen_at === clock.now().toISOString());
  });

  it('say once when a sign of life cannot be stored, and throw nothing', async () => {
    await database.db.schema.alterTable('workers').renameTo('workers_away').execute();
    const before = log.lines.length;
    {
      await using _a = openProcess('a', { everyMs: 10 });
      await waitFor('the warning', () => log.lines.length > before);
      await database.db.schema.alterTable('workers_away').renameTo('workers').execute();
      await waitFor('the recovery', async () => (await stored()).length === 1);
    }
    const warnings = log.lines.slice(before).map(({ level, message }) => [level, message]);
    expect(warnings).toEqual([['warn', 'a sign of life could not be stored']]);
  });
});

describe('the process on SQLite', () => {
  beforeEach(async () => {
    database = await openTestDatabase('sqlite');
    clock = createTestClock();
  });

  it('knows itself, and writes only when asked', async () => {
    await using a = openProcess('a', { everyMs: 5 });
    clock.advance(60_000);
    expect(await a.list()).toMatchObject([{ id: 'a', isLost: false, seenAt: clock.now().toISOString() }]);
    expect(await stored()).toEqual([]);
    await database.db
      .insertInto('workers')
      .values({ ...rowOf(), id: 'of a crashed process' })
      .execute();
    await a.beat();
    expect(await stored()).toMatchObject([{ id: 'a' }]);
  });
});

const rowOf = () => ({
  host: 'h',
  role: 'all',
  version: '1',
  running: 0,
  started_at: clock.now().toISOString(),
  seen_at: clock.now().toISOString(),
});

describe.each(engines)('a sign of life on %s', (engine) => {
  it('is refused aloud where nothing can be stored', async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    await using a = openProcess('a');
    await waitFor('the first', async () => engine === 'sqlite' || (await stored()).length === 1);
    await database.db.schema.alterTable('workers').renameTo('workers_away').execute();
    await expect(a.beat()).rejects.toThrow();
  });
});
