import type { User } from '#src/domain/user.ts';
import type { UserStore } from '#src/ports/stores.ts';
import { inChunks } from './in-chunks.ts';
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
      const listed = new Set<string>();
      for (const phone of phones.toSorted()) {
        const known = await findByPhone(trx, phone);
        const decision = { phone, isWhitelisted: true, decidedBy: 'settings' as const };
        listed.add(known ?? (await insertKnownPhone(context, decision)).id);
      }
      // Whoever the owner has not decided on follows the settings, in both directions: a number taken off the list is off. Most
      // starts change nobody, and then nothing is written, however many people there are.
      const undecided = await trx
        .selectFrom('users')
        .select(['id', 'is_whitelisted'])
        .where('access_decided_by', '=', 'settings')
        .where('is_simulated', '=', 0)
        .orderBy('id')
        .execute();
      for (const is_whitelisted of [0, 1] as const) {
        const changed = undecided.filter((user) => {
          const wanted = everyone || listed.has(user.id) ? 1 : 0;
          return wanted === is_whitelisted && wanted !== user.is_whitelisted;
        });
        await inChunks(changed, (chunk) =>
          trx
            .updateTable('users')
            .set({ is_whitelisted, updated_at: now })
            .where(
              'id',
              'in',
              chunk.map((user) => user.id),
            )
            .execute(),
        );
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
