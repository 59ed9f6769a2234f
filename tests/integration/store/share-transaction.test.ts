import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runTransaction } from '#src/adapters/store/run-transaction.ts';
import type { Database } from '#src/adapters/store/schema.ts';
import { createSharedTransactions, type ShareTransaction } from '#src/adapters/store/share-transaction.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Durability } from '#src/ports/stores.ts';
import { openTestDatabase } from '#tests/support/engines.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let share: ShareTransaction;
/** What the disk does when a commit is to be brought there. */
let disk: () => Promise<void>;

beforeEach(async () => {
  database = await openTestDatabase('sqlite');
  disk = async () => {};
  share = createSharedTransactions(database.db, { sync: () => disk(), leaveLog: () => {} });
});
afterEach(() => database[Symbol.asyncDispose]());

const note = (userId: string, until: Durability = 'durable') =>
  share(async (trx) => {
    await trx
      .insertInto('workers')
      .values({
        id: userId,
        host: 'here',
        role: 'all',
        version: '1',
        running: 0,
        started_at: '2026-11-21T10:00:00.000Z',
        seen_at: '2026-11-21T10:00:00.000Z',
      })
      .execute();
    return userId;
  }, until);
const stored = async () =>
  (await database.db.selectFrom('workers').select('id').orderBy('id').execute()).map((row) => row.id);

it('gives each piece of work its own result', async () => {
  expect(await Promise.all(['a', 'b', 'c'].map((id) => note(id)))).toEqual(['a', 'b', 'c']);
  expect(await stored()).toEqual(['a', 'b', 'c']);
});

it('takes back what a failing piece wrote, and nothing of its neighbors', async () => {
  const failing = share(async (trx) => {
    await trx.updateTable('workers').set({ host: 'nowhere' }).execute();
    throw new Error('halfway');
  }, 'durable');
  const all = await Promise.allSettled([note('a'), failing, note('b')]);
  expect(all.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const hosts = await database.db.selectFrom('workers').select('host').execute();
  expect(hosts.map((row) => row.host)).toEqual(['here', 'here']);
});

it('tells nobody of success before the commit', async () => {
  const heard: string[] = [];
  const slow = share(async (trx) => {
    for (let turn = 0; turn < 20; turn += 1) await trx.selectFrom('workers').select('id').execute();
    expect(heard).toEqual([]);
  }, 'durable');
  const first = note('a').then(() => heard.push('a'));
  await Promise.all([first, note('b').then(() => heard.push('b')), slow]);
  expect(heard.sort()).toEqual(['a', 'b']);
});

it('goes on with whatever is asked for while a group runs', async () => {
  const later: Promise<string>[] = [];
  await share(async () => void later.push(note('later')), 'durable');
  expect(await Promise.all(later)).toEqual(['later']);
});

it('tells nobody of success before the disk has it, and works on meanwhile', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard: string[] = [];
  disk = () => promise;
  const first = note('a').then(() => heard.push('a'));
  await vi.waitFor(async () => expect(await stored()).toEqual(['a']));
  disk = async () => {};
  await note('b');
  expect(heard).toEqual([]);
  resolve();
  await first;
});

it('lets whoever does not need the disk go on as soon as everybody sees it', async () => {
  let asked = 0;
  disk = () => {
    asked += 1;
    return new Promise(() => {});
  };
  const heard: string[] = [];
  void note('kept').then(() => heard.push('kept'));
  expect(await Promise.all(['a', 'b'].map((id) => note(id, 'committed')))).toEqual(['a', 'b']);
  expect(await stored()).toEqual(['a', 'b', 'kept']);
  expect({ heard, asked }).toEqual({ heard: [], asked: 1 });
});

it('tells everybody of a group when the disk fails', async () => {
  disk = () => Promise.reject(new StorageUnavailable('the disk is gone'));
  const all = await Promise.allSettled(['a', 'b'].map((id) => note(id)));
  expect(all.map((one) => one.status)).toEqual(['rejected', 'rejected']);
});

it('leaves other writers waiting for the disk themselves', async () => {
  const mode = async (db: Kysely<Database>) =>
    (await sql<{ synchronous: number }>`pragma synchronous`.execute(db)).rows;
  await using file = await openTestDatabase('sqlite');
  expect(await mode(file.db)).toEqual([{ synchronous: 2 }]);
  expect(await runTransaction(file.db, mode)).toEqual([{ synchronous: 1 }]);
  expect(await mode(file.db)).toEqual([{ synchronous: 2 }]);
});
