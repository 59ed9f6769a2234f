import { describe, expect, it } from 'vitest';
import { createReadModel } from '#src/adapters/store/read-model.ts';
import { createUserAdmin } from '#src/adapters/store/user-admin.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { engines, openTestDatabase } from '#tests/support/engines.ts';
import { createTestClock } from '#tests/support/test-clock.ts';

describe.each(engines)('the search for people on %s', (engine) => {
  it('takes capital and small letters of any script for the same', async () => {
    await using database = await openTestDatabase(engine);
    const { db } = database;
    const admin = createUserAdmin({ db, clock: createTestClock(), newId: newUuid });
    await admin.addUser({ phone: '+905321234567', isWhitelisted: true });
    await db.updateTable('users').set({ whatsapp_name: 'ünal Çelik Ωmega' }).execute();
    const find = async (search: string) =>
      (await createReadModel(db).listUsers({ search }, { limit: 10, after: undefined })).items.length;
    expect(await find('ÜNAL ç')).toBe(1);
    expect(await find('ωMEGA')).toBe(1);
    expect(await find('unal')).toBe(0);
  });
});
