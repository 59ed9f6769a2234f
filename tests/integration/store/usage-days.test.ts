import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '#src/adapters/store/open-database.ts';
import { createReadModel } from '#src/adapters/store/read-model.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { sumUsage } from '#src/bot/sum-usage.ts';
import type { UsageDimension } from '#src/ports/read-model.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock, type TestClock } from '#tests/support/test-clock.ts';

const people = Array.from({ length: 5 }, () => newUuid()).sort();
const models = ['gpt-6-luna', 'gpt-transcribe'];
const groupings: UsageDimension[][] = [
  [],
  ['day'],
  ['user'],
  ['model'],
  ['day', 'user'],
  ['user', 'day', 'model'],
  ['day', 'model'],
  ['user', 'model'],
  ['day', 'user', 'model'],
];
const log = createQuietLog();
const signal = new AbortController().signal;
const pause = async () => {};

describe.each(engines)('the sums of the ledger on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let clock: TestClock;
  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    const at = clock.now().toISOString();
    await database.db
      .insertInto('users')
      .values(
        people.map((id) => ({
          id,
          phone_number: null,
          whatsapp_name: null,
          is_whitelisted: 1,
          is_active: 1,
          access_decided_by: 'settings',
          is_simulated: 0,
          created_at: at,
          updated_at: at,
          last_seen_at: null,
        })),
      )
      .execute();
    await store(entriesOf('2026-11-15', 60), entriesOf('2026-11-20', 40), entriesOf('2026-11-21', 30));
  });
  afterEach(() => database[Symbol.asyncDispose]());

  /** A day's consumption: people and models in turn, with a cost that makes some equal and seconds that no binary number holds. */
  const entriesOf = (day: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: newUuid(),
      user_id: people[(index * index) % people.length] ?? '',
      turn_id: null,
      attachment_id: null,
      kind: 'reply' as const,
      model: models[index % 3 === 0 ? 1 : 0] ?? '',
      prompt_tokens: 100 + index,
      cached_tokens: index,
      completion_tokens: 7,
      total_tokens: 107 + index,
      audio_seconds: index % 3 === 0 ? 0.1 * index : 0,
      cost_micros: 100 * (index % 4),
      day,
      created_at: `${day}T12:00:00.000Z`,
    }));
  async function store(...days: ReturnType<typeof entriesOf>[]): Promise<void> {
    await database.db.insertInto('usage_entries').values(days.flat()).execute();
  }
  const workOf = (db = database.db) => createUnitOfWork({ db, clock, newId: newUuid });
  const addUp = () => sumUsage({ unitOfWork: workOf(), log, pause }, signal);
  const addSome = (limit: number) => workOf().run((stores) => stores.usage.sumEntries(limit));
  const unsummed = async () => {
    const rows = database.db.selectFrom('usage_entries').select('id').where('is_summed', '=', 0);
    return (await rows.execute()).length;
  };

  /** Everything that can be asked: each grouping, everybody and one person, all days and some, cut after each number of lines. */
  async function report(): Promise<unknown[]> {
    const { sumUsage: ask } = createReadModel(database.db);
    const answers: Promise<unknown>[] = [];
    for (const groupBy of groupings) {
      for (const userId of [undefined, people[1]]) {
        for (const from of ['2026-11-01', '2026-11-16', '2026-11-21']) {
          for (const to of ['2026-11-30', '2026-11-20']) {
            for (const maxLines of [1, 9, 10, 5_000]) {
              answers.push(ask({ from, to, userId, groupBy, maxLines }));
            }
          }
        }
      }
    }
    const sums = ['2026-11-01', '2026-11-20', '2026-11-21'].map((day) =>
      workOf().run(async ({ usage }) => [
        await usage.totalMicros(day),
        await usage.ofUser(people[1] ?? '', day),
      ]),
    );
    return Promise.all([...answers, ...sums]);
  }

  it('change no answer', async () => {
    const before = await report();
    expect(before[0]).toMatchObject({ totals: { calls: 130, audio_seconds: 97.8 } });
    expect(await addUp()).toBe(130);
    expect(await unsummed()).toBe(0);
    expect(await report()).toEqual(before);
  });

  it('can be made in pieces, cut short, and made again', async () => {
    const before = await report();
    expect(await addSome(33)).toBe(33);
    expect(await report()).toEqual(before);
    const ended = new AbortController();
    ended.abort();
    expect(await sumUsage({ unitOfWork: workOf(), log, pause }, ended.signal)).toBe(0);
    expect(await addSome(60)).toBe(60);
    expect(await report()).toEqual(before);
    expect(await addUp()).toBe(37);
    expect(await addUp()).toBe(0);
    expect(await report()).toEqual(before);
  });

  it('take back what was added when their transaction fails', async () => {
    const before = await report();
    const failed = workOf().run(async ({ usage }) => {
      await usage.sumEntries(50);
      throw new Error('the power went');
    });
    await expect(failed).rejects.toThrow('the power went');
    expect(await report()).toEqual(before);
    expect(await addUp()).toBe(130);
  });

  it('count what comes later: at once, and with the next sums, whatever its day', async () => {
    await addUp();
    // The day goes on; a transaction began before midnight; a clock was set back by weeks, or was ahead.
    await store(...['2026-11-21', '2026-11-20', '2026-11-03', '2026-11-25'].map((day) => entriesOf(day, 4)));
    const before = await report();
    expect(before[0]).toMatchObject({ totals: { calls: 146 } });
    const micros = await workOf().run(({ usage }) => usage.totalMicros('2026-11-21'));
    expect(micros).toBe(4_300 + 600 + 600);
    expect(await addUp()).toBe(16);
    expect(await report()).toEqual(before);
  });

  it('go with a person who is erased', async () => {
    await store(entriesOf('2026-11-10', 1));
    await addUp();
    for (const id of people.slice(0, 2)) await database.db.deleteFrom('users').where('id', '=', id).execute();
    const summed = await report();
    const { db } = database;
    // Nothing but entries again, and the same answers.
    await db.updateTable('usage_entries').set({ is_summed: 0 }).execute();
    await db.deleteFrom('usage_days').execute();
    expect(await db.selectFrom('usage_totals').selectAll().execute()).toEqual([]);
    expect(summed).toEqual(await report());
  });

  it.runIf(engine === 'postgres')('are made once by processes that meet', async () => {
    const before = await report();
    await using second = await openDatabase(database.target, { log });
    await using third = await openDatabase(database.target, { log });
    const processes = [database, second, third];
    let added = 0;
    while ((await unsummed()) > 0) {
      const pieces = processes.map(({ db }) => workOf(db).run(({ usage }) => usage.sumEntries(9)));
      for (const piece of await Promise.all(pieces)) added += piece;
    }
    expect(added).toBe(130);
    expect(await report()).toEqual(before);
  });

  it.runIf(engine === 'postgres')('miss nothing that another transaction stores meanwhile', async () => {
    const [late] = entriesOf('2026-11-20', 1);
    await using second = await openDatabase(database.target, { log });
    await second.db.transaction().execute(async (open) => {
      if (late) await open.insertInto('usage_entries').values(late).execute();
      expect(await addUp()).toBe(130);
    });
    const before = await report();
    expect(before[0]).toMatchObject({ totals: { calls: 131 } });
    expect(await addUp()).toBe(1);
    expect(await report()).toEqual(before);
  });
});
