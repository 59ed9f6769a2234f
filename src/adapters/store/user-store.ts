import type { User } from '#src/domain/user.ts';
import type { UserStore } from '#src/ports/stores.ts';
import { findByPhone, insertKnownPhone } from './known-phone.ts';
import type { UserRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** People by id, and the whitelist of the settings. */
export function createUserStore(context: StoreContext): UserStore {
  const { trx, clock } = context;
  return {
    async get(userId) {
      const row = await trx.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst();
      return row && toUser(row);
    },

    async seed({ phones, everyone }) {
      const now = clock.now().toISOString();
      // Whoever the owner has not decided on follows the settings, in both directions: a number taken off the list is off.
      await trx
        .updateTable('users')
        .set({ is_whitelisted: everyone ? 1 : 0, updated_at: now })
        .where('access_decided_by', '=', 'settings')
        .where('is_simulated', '=', 0)
        .execute();
      for (const phone of phones) {
        const userId = await findByPhone(trx, phone);
        if (!userId) {
          await insertKnownPhone(context, { phone, isWhitelisted: true, decidedBy: 'settings' });
          continue;
        }
        await trx
          .updateTable('users')
          .set({ is_whitelisted: 1 })
          .where('id', '=', userId)
          .where('access_decided_by', '=', 'settings')
          .execute();
      }
    },
  };
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    phone: row.phone_number ?? undefined,
    name: row.whatsapp_name ?? undefined,
    isWhitelisted: row.is_whitelisted === 1,
    isActive: row.is_active === 1,
    isSimulated: row.is_simulated === 1,
  };
}
