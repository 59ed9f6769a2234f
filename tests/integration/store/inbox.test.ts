import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateToLatest } from '#src/adapters/store/migrate.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { inboundText } from '#tests/support/inbound.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const everyone = () => true;

describe.each(engines)('on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    work = createUnitOfWork({ db: database.db, clock: createTestClock(), newId: newUuid });
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const accept = (...messages: Parameters<typeof inboundText>[]) =>
    work.run((stores) =>
      stores.inbox.accept(
        messages.map((message) => inboundText(...message)),
        everyone,
      ),
    );
  const people = () => database.db.selectFrom('users').selectAll().orderBy('id').execute();

  describe('the inbox', () => {
    it('knows a message it has seen, in the same batch and later', async () => {
      const message = inboundText('+15550001111', 'hello');
      const first = await work.run((stores) => stores.inbox.accept([message, message], everyone));
      const second = await work.run((stores) => stores.inbox.accept([message], everyone));
      expect(first).toHaveLength(1);
      expect(second).toHaveLength(0);
      expect(await people()).toHaveLength(1);
    });

    it('meets two new people and one of them twice in one batch', async () => {
      const accepted = await accept(['+15550001111', 'a'], ['+15550002222', 'b'], ['+15550001111', 'c']);
      expect(accepted).toHaveLength(3);
      expect((await people()).map((user) => user.phone_number)).toEqual(['+15550001111', '+15550002222']);
    });

    it('keeps one person through a hidden phone number', async () => {
      const bsuid = { kind: 'bsuid' as const, scope: '', value: 'US.13491208655302741918' };
      const phone = { kind: 'phone' as const, scope: '', value: '+15550001111' };
      await accept(['+15550001111', 'with both', { sender: [phone, bsuid], profileName: 'Ana' }]);
      await accept(['', 'phone hidden', { sender: [bsuid], profileName: 'Ana B.' }]);
      const [ana, ...others] = await people();
      expect(others).toEqual([]);
      expect(ana).toMatchObject({ phone_number: '+15550001111', whatsapp_name: 'Ana B.' });
    });

    it('learns the number of somebody who hid it at first', async () => {
      const bsuid = { kind: 'bsuid' as const, scope: '', value: 'US.13491208655302741918' };
      await accept(['', 'hidden', { sender: [bsuid] }]);
      await accept(['', 'shown', { sender: [{ kind: 'phone', scope: '', value: '+15550001111' }, bsuid] }]);
      expect((await people()).map((user) => user.phone_number)).toEqual(['+15550001111']);
    });

    it('does not take somebody for the earlier owner of their username', async () => {
      const named = (phone: string) => ({
        sender: [
          { kind: 'phone' as const, scope: '', value: phone },
          { kind: 'username' as const, scope: '', value: 'ana' },
        ],
      });
      await accept(['+15550001111', 'mine', named('+15550001111')]);
      await accept(['+15550009999', 'mine now', named('+15550009999')]);
      expect((await people()).map((user) => user.phone_number)).toEqual(['+15550001111', '+15550009999']);
    });

    it('keeps test people apart from a real person with the same number', async () => {
      await accept(['+15550100', 'real']);
      await accept([
        '+15550100',
        'test',
        { channel: 'simulator', sender: [{ kind: 'phone', scope: 'simulator', value: '+15550100' }] },
      ]);
      expect((await people()).map((user) => user.is_simulated)).toEqual([0, 1]);
    });

    it('does without the character NUL where the engine does', async () => {
      const [stored] = await accept(['+15550001111', 'hello \0 world']);
      const [message] = await work.run((stores) => stores.inbox.undecided(stored?.userId ?? ''));
      expect(message?.text.replace('\0', '')).toBe('hello  world');
    });

    it('stores text that looks like JSON, quotes and emoji as they are', async () => {
      const text = '{"a":1} \'); drop table users; -- 🧾\n\u202e';
      const [stored] = await accept(['+15550001111', text]);
      const [message] = await work.run((stores) => stores.inbox.undecided(stored?.userId ?? ''));
      expect(message?.text).toBe(text);
    });

    it('forgets everything of a transaction that failed', async () => {
      const failing = work.run(async (stores) => {
        await stores.inbox.accept([inboundText('+15550001111', 'lost')], everyone);
        throw new Error('the disk is full');
      });
      await expect(failing).rejects.toThrow('the disk is full');
      expect(await people()).toEqual([]);
    });
  });

  describe('the whitelist of the settings', () => {
    const seed = (phones: string[], all = false) =>
      work.run((stores) => stores.users.seed({ phones, everyone: all }));
    const allowed = async () =>
      (await people()).filter((user) => user.is_whitelisted === 1).map((user) => user.phone_number);

    it('makes its numbers known people before they write', async () => {
      await seed(['+15550001111']);
      expect(await allowed()).toEqual(['+15550001111']);
    });

    it('follows the settings in both directions', async () => {
      await seed(['+15550001111', '+15550002222']);
      await seed(['+15550002222']);
      expect(await allowed()).toEqual(['+15550002222']);
      await seed([], true);
      expect(await allowed()).toHaveLength(2);
    });

    it('leaves alone whom the owner decided on', async () => {
      await seed(['+15550001111']);
      await database.db.updateTable('users').set({ is_whitelisted: 0, access_decided_by: 'owner' }).execute();
      await seed(['+15550001111'], true);
      expect(await allowed()).toEqual([]);
    });
  });

  describe('migrations', () => {
    it('can run twice', async () => {
      await expect(migrateToLatest(database.db)).resolves.toBeUndefined();
    });
  });

  describe('notices', () => {
    it('are said once until they expire', async () => {
      const clock = createTestClock();
      const own = createUnitOfWork({ db: database.db, clock, newId: newUuid });
      const [{ userId } = { userId: '' }] = await accept(['+15550001111', 'hi']);
      const claim = () =>
        own.run((stores) => stores.notices.claim(userId, 'inactive', new Date(clock.now().getTime() + 1000)));
      expect([await claim(), await claim()]).toEqual([true, false]);
      clock.advance(1000);
      expect(await claim()).toBe(true);
    });
  });
});
