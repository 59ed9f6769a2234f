import type { User } from '#src/domain/user.ts';
import type { UserStore } from '#src/ports/stores.ts';
import type { UserRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** People by id, and the whitelist of the settings. */
export function createUserStore({ trx, clock, newId }: StoreContext): UserStore {
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
        const known = await trx
          .selectFrom('user_identities')
          .select('user_id')
          .where('kind', '=', 'phone')
          .where('scope', '=', '')
          .where('value', '=', phone)
          .executeTakeFirst();
        if (known) {
          await trx
            .updateTable('users')
            .set({ is_whitelisted: 1 })
            .where('id', '=', known.user_id)
            .where('access_decided_by', '=', 'settings')
            .execute();
          continue;
        }
        const id = newId();
        await trx
          .insertInto('users')
          .values({
            id,
            phone_number: phone,
            whatsapp_name: null,
            is_whitelisted: 1,
            is_active: 1,
            access_decided_by: 'settings',
            is_simulated: 0,
            created_at: now,
            updated_at: now,
            last_seen_at: null,
          })
          .execute();
        await trx
          .insertInto('user_identities')
          .values({ id: newId(), user_id: id, kind: 'phone', scope: '', value: phone, created_at: now })
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
