import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createUserAdmin } from '#src/adapters/store/user-admin.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import type { UserAdmin } from '#src/ports/user-admin.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { bsuid, metaText } from '#tests/support/identities.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe.each(engines)('link codes on %s', (engine) => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let work: UnitOfWork;
  let admin: UserAdmin;
  let clock: ReturnType<typeof createTestClock>;
  let ana: string;
  let strangers = 0;

  beforeEach(async () => {
    database = await openTestDatabase(engine);
    clock = createTestClock();
    work = createUnitOfWork({ db: database.db, clock, newId: newUuid });
    admin = createUserAdmin({ db: database.db, clock, newId: newUuid });
    ana = (await admin.addUser({ phone: '+15550001111', isWhitelisted: true }))?.id ?? '';
  });
  afterEach(() => database[Symbol.asyncDispose]());

  const stranger = async () => {
    strangers += 1;
    const message = metaText([bsuid(`US.${strangers}`)], 'let me in');
    const [accepted] = await work.run((stores) => stores.inbox.accept([message], () => false));
    return accepted?.userId ?? '';
  };
  const issue = async () => (await admin.issueLinkCode(ana))?.code ?? '';
  const link = (userId: string, code: string) => work.run((stores) => stores.people.link(userId, code));

  it('makes the sender the person, once', async () => {
    const code = await issue();
    expect(code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/);
    const first = await stranger();
    expect(await link(first, code)).toEqual({ kind: 'linked', userId: ana });
    expect(await link(await stranger(), code)).toEqual({ kind: 'wrong' });
    const [message] = await work.run((stores) => stores.inbox.undecided(ana));
    expect(message?.text).toBe('let me in');
    expect(await admin.patchUser(first, { isActive: true })).toBeNull();
    const stored = await database.db.selectFrom('link_codes').selectAll().execute();
    expect(stored).toEqual([]);
    // Whoever erases the person finds the files that came from the other account.
    expect(await work.run((stores) => stores.erasures.mergedInto(ana))).toEqual([first]);
  });

  it('keeps no code as it is, and only the latest', async () => {
    const first = await issue();
    const second = await issue();
    const stored = await database.db.selectFrom('link_codes').selectAll().execute();
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toContain(second);
    const sender = await stranger();
    expect(await link(sender, first)).toEqual({ kind: 'wrong' });
    expect((await link(sender, second)).kind).toBe('linked');
  });

  it('ends after a day', async () => {
    const code = await issue();
    clock.advance(dayMs + 1);
    expect(await link(await stranger(), code)).toEqual({ kind: 'wrong' });
  });

  it('is not looked at any more after five wrong ones of a day', async () => {
    const sender = await stranger();
    for (let n = 0; n < 5; n += 1) expect(await link(sender, 'AAAAAAAA')).toEqual({ kind: 'wrong' });
    expect(await link(sender, await issue())).toEqual({ kind: 'too_many' });
    clock.advance(dayMs);
    expect((await link(sender, await issue())).kind).toBe('linked');
  });

  it('leads to nobody who is blocked or unknown', async () => {
    const code = await issue();
    await admin.patchUser(ana, { isActive: false });
    expect(await link(await stranger(), code)).toEqual({ kind: 'wrong' });
    expect(await admin.issueLinkCode(newUuid())).toBeNull();
  });

  it('counts more than what the owner decided about the stranger', async () => {
    const sender = await stranger();
    await admin.patchUser(sender, { isWhitelisted: false });
    await link(sender, await issue());
    expect((await admin.patchUser(ana, { isActive: true }))?.is_whitelisted).toBe(true);
  });

  it('takes along what comes in for the stranger all the same', async () => {
    const sender = await stranger();
    await link(sender, await issue());
    await database.db.updateTable('messages').set({ user_id: sender }).execute();
    await work.run((stores) => stores.people.handOver(sender, ana));
    expect(await work.run((stores) => stores.inbox.undecided(ana))).toHaveLength(1);
  });

  it('begins no conversation for the stranger while they become the person', async () => {
    const sender = await stranger();
    const code = await issue();
    const linking = work.run(async ({ people }) => {
      await people.link(sender, code);
      await pause(100);
    });
    await pause(30);
    const opening = work.run(({ conversations }) => conversations.active(sender));
    await expect(opening).rejects.toMatchObject({ code: 'lost_lease' });
    await linking;
    expect(await database.db.selectFrom('conversations').selectAll().execute()).toEqual([]);
  });

  it('leaves nothing where a transaction is rolled back', async () => {
    const code = await issue();
    const sender = await stranger();
    const failing = work.run(async (stores) => {
      await stores.people.link(sender, code);
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect(await work.run((stores) => stores.inbox.undecided(sender))).toHaveLength(1);
    expect((await link(sender, code)).kind).toBe('linked');
  });
});
