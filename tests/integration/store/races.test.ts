import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '#src/adapters/store/open-database.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createUserAdmin } from '#src/adapters/store/user-admin.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { createTestClock, type TestClock } from '#tests/support/test-clock.ts';

const everyone = () => true;
const rounds = Array.from({ length: 8 }, (_, index) => index);

/** Three processes on one Postgres: each has its own pool. SQLite has one process and one connection, so nothing can race. */
describe('processes that meet on Postgres', () => {
  let clock: TestClock;
  let first: Awaited<ReturnType<typeof openTestDatabase>>;
  let others: OpenDatabase[];

  beforeAll(async () => {
    clock = createTestClock();
    first = await openTestDatabase('postgres');
    const log = createQuietLog();
    others = [await openDatabase(first.target, { log }), await openDatabase(first.target, { log })];
  });
  afterAll(async () => {
    for (const database of others) await database[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  });

  const processes = () =>
    [first, ...others].map(({ db }) => ({
      work: createUnitOfWork({ db, clock, newId: newUuid }),
      admin: createUserAdmin({ db, clock, newId: newUuid }),
    }));

  it('make one person of somebody whose first messages they accept at once', async () => {
    for (const round of rounds) {
      const phone = `+1555100000${round}`;
      const accepted = await Promise.all(
        processes().map(({ work }, index) =>
          work.run((stores) => stores.inbox.accept([inboundText(phone, `message ${index}`)], everyone)),
        ),
      );
      expect(accepted.map((list) => list.length)).toEqual([1, 1, 1]);
      expect(new Set(accepted.flat().map((message) => message.userId)).size).toBe(1);
      const identities = first.db.selectFrom('user_identities').selectAll().where('value', '=', phone);
      expect(await identities.execute()).toHaveLength(1);
      const people = first.db.selectFrom('users').selectAll().where('phone_number', '=', phone);
      expect(await people.execute()).toHaveLength(1);
    }
  });

  it('store a message once that reaches all of them', async () => {
    for (const round of rounds) {
      const messages = [1, 2, 3].map((index) => inboundText(`+155520000${round}${index}`, 'the same'));
      const orders = [messages, messages.toReversed(), messages];
      const accepted = await Promise.all(
        processes().map(({ work }, index) =>
          work.run((stores) => stores.inbox.accept(orders[index] ?? [], everyone)),
        ),
      );
      expect(accepted.flat()).toHaveLength(3);
    }
  });

  it('do not fail when they know the same people in another order', async () => {
    const phones = Array.from({ length: 30 }, (_, index) => `+15553000${100 + index}`);
    for (const round of rounds) {
      // Everybody is due for a new `last_seen_at`, and everybody has another name with each process.
      clock.advance(61_000);
      await Promise.all(
        processes().map(({ work }, index) => {
          const messages = phones.map((phone) =>
            inboundText(phone, 'hello', { profileName: `name ${round} ${index}` }),
          );
          const order = index % 2 === 0 ? messages : messages.toReversed();
          return work.run(async (stores) => {
            const accepted = await stores.inbox.accept(order, everyone);
            const users = [...new Set(accepted.map((message) => message.userId))];
            await stores.jobs.wake(users, clock.now(), 1_000);
          });
        }),
      );
    }
    const seen = await first.db
      .selectFrom('users')
      .select('last_seen_at')
      .where('phone_number', 'in', phones)
      .execute();
    expect(new Set(seen.map((row) => row.last_seen_at))).toEqual(new Set([clock.now().toISOString()]));
  });

  it('add a person once', async () => {
    for (const round of rounds) {
      const phone = `+1555400000${round}`;
      const added = await Promise.all(
        processes().map(({ admin }) => admin.addUser({ phone, isWhitelisted: true })),
      );
      expect(added.filter((user) => user !== null)).toHaveLength(1);
    }
  });

  it('read the same list of welcome people at the same start', async () => {
    const phones = Array.from({ length: 20 }, (_, index) => `+15555000${100 + index}`);
    const starts = processes().map(({ work }, index) =>
      work.run((stores) =>
        stores.users.seed({ phones: index === 1 ? phones.toReversed() : phones, everyone: false }),
      ),
    );
    await Promise.all(starts);
    const people = first.db.selectFrom('users').selectAll().where('phone_number', 'in', phones);
    expect((await people.execute()).map((user) => user.is_whitelisted)).toEqual(phones.map(() => 1));
  });

  it('begin one conversation with a person', async () => {
    for (const round of rounds) {
      const [work] = processes().map((one) => one.work);
      const [message] =
        (await work?.run((stores) =>
          stores.inbox.accept([inboundText(`+1555600000${round}`, 'hi')], everyone),
        )) ?? [];
      const userId = message?.userId ?? '';
      const begun = await Promise.all(
        processes().map((one) => one.work.run((stores) => stores.conversations.active(userId))),
      );
      expect(new Set(begun).size).toBe(1);
    }
  });
});
