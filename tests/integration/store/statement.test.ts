import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '#src/adapters/store/schema.ts';
import { type Given, insertion, isOneOf, statement } from '#src/adapters/store/statement.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';

const at = '2026-11-21T10:00:00.000Z';
const someone = {
  phone_number: '+15550001111' as string | null,
  whatsapp_name: 'Ana' as string | null,
  is_whitelisted: 1,
  is_active: 1,
  access_decided_by: 'settings',
  is_simulated: 0,
  created_at: at,
  updated_at: at,
  last_seen_at: null,
} as const;

describe.each(engines)('a statement that is built once on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let db: Kysely<Database>;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    db = database.db;
    const insertUser = insertion('users');
    for (const id of ['a', 'b', 'c'])
      await insertUser(db, { ...someone, id, whatsapp_name: `Name of ${id}` });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const people = () =>
    db.selectFrom('users').select(['id', 'whatsapp_name', 'is_active']).orderBy('id').execute();

  it('is built once, and filled in each time', async () => {
    let builds = 0;
    const select = statement((on, given: Given<{ id: string }>) => {
      builds += 1;
      return on.selectFrom('users').select('whatsapp_name').where('id', '=', given.id);
    });
    expect(await select.first(db, { id: 'a' })).toEqual({ whatsapp_name: 'Name of a' });
    expect(await select.all(db, { id: 'b' })).toEqual([{ whatsapp_name: 'Name of b' }]);
    await db.transaction().execute(async (trx) => {
      expect(await select.first(trx, { id: 'c' })).toEqual({ whatsapp_name: 'Name of c' });
    });
    expect(await select.first(db, { id: 'nobody' })).toBeUndefined();
    expect(builds).toBe(1);
  });

  it('counts what it changes, and takes null, flags and values that are used twice', async () => {
    const update = statement((on, given: Given<{ id: string; name: string | null; isActive: 0 | 1 }>) =>
      on
        .updateTable('users')
        .set((row) => ({
          whatsapp_name: given.name,
          phone_number: row.fn.coalesce(given.name, 'phone_number'),
          is_active: given.isActive,
        }))
        .where('id', '=', given.id),
    );
    expect(await update.change(db, { id: 'a', name: null, isActive: 0 })).toBe(1);
    expect(await update.change(db, { id: 'b', name: 'Bea', isActive: 1 })).toBe(1);
    expect(await update.change(db, { id: 'nobody', name: 'Bea', isActive: 1 })).toBe(0);
    expect(await people()).toEqual([
      { id: 'a', whatsapp_name: null, is_active: 0 },
      { id: 'b', whatsapp_name: 'Bea', is_active: 1 },
      { id: 'c', whatsapp_name: 'Name of c', is_active: 1 },
    ]);
  });

  it('gives the rows it changed, in place of their number', async () => {
    const update = statement((on, given: Given<{ id: string }>) =>
      on.updateTable('users').set({ is_active: 0 }).where('id', '=', given.id).returning('is_active'),
    );
    expect(await update.first(db, { id: 'a' })).toEqual({ is_active: 0 });
    expect(await update.first(db, { id: 'nobody' })).toBeUndefined();
  });

  it('finds a list of any length with the same SQL', async () => {
    let builds = 0;
    const select = statement((on, given: Given<{ ids: readonly string[] }>) => {
      builds += 1;
      return on
        .selectFrom('users')
        .select('id')
        .where(isOneOf(on, 'id', given.ids))
        .orderBy('id');
    });
    const found = async (ids: readonly string[]) => (await select.all(db, { ids })).map(({ id }) => id);
    expect(await found([])).toEqual([]);
    expect(await found(['b'])).toEqual(['b']);
    expect(await found(['c', 'a', 'it\'s "odd", {}'])).toEqual(['a', 'c']);
    expect(await found(Array.from({ length: 70_000 }, (_, index) => String(index)).concat('b'))).toEqual([
      'b',
    ]);
    expect(builds).toBe(1);
  });

  it('refuses a value that is missing instead of binding nothing', async () => {
    const update = statement((on, given: Given<{ id: string; name: string | null }>) =>
      on.updateTable('users').set({ whatsapp_name: given.name }).where('id', '=', given.id),
    );
    await expect(update.change(db, { id: 'a' } as { id: string; name: string })).rejects.toThrow('no name');
    const misspelled = { id: 'a', nmae: 'Ana' } as object as { id: string; name: string };
    await expect(update.change(db, misspelled)).rejects.toThrow('no name');
    expect(await people()).toContainEqual({ id: 'a', whatsapp_name: 'Name of a', is_active: 1 });
  });

  it('inserts rows of the same columns in any order, and refuses others', async () => {
    const insertUser = insertion('users');
    await insertUser(db, { ...someone, id: 'd' });
    await insertUser(db, { id: 'e', ...someone });
    const { last_seen_at, ...less } = someone;
    await expect(insertUser(db, { ...less, id: 'f' } as never)).rejects.toThrow('different columns');
    await expect(insertUser(db, { ...less, id: 'f', seen: last_seen_at } as never)).rejects.toThrow(
      'no last_seen_at',
    );
    expect((await people()).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

it('has the SQL of each engine', async () => {
  const select = statement((on, given: Given<{ ids: readonly string[] }>) =>
    on
      .selectFrom('users')
      .select('id')
      .where(isOneOf(on, 'id', given.ids))
      .orderBy('id'),
  );
  for (const engine of [...engines, ...engines]) {
    await using database = await openTestDatabase(engine);
    const row = { ...someone, id: `on ${engine}` };
    await insertion('users')(database.db, row);
    expect(await select.all(database.db, { ids: [row.id] })).toEqual([{ id: row.id }]);
  }
});
