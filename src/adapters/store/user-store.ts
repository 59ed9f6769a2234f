import type { User } from '#src/domain/user.ts';
import type { UserStore } from '#src/ports/stores.ts';
import { inChunks } from './in-chunks.ts';
import { findByPhone, insertKnownPhone } from './known-phone.ts';
import { barsNext, findPast } from './recognize-strangers.ts';
import type { UserRow } from './schema.ts';
import { type Given, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

const selectUser = statement((db, given: Given<{ userId: string }>) =>
  db.selectFrom('users').selectAll().where('id', '=', given.userId),
);

/** People by id, and the whitelist of the settings. */
export function createUserStore(context: StoreContext): UserStore {
  const { trx, clock } = context;
  return {
    async get(userId) {
      const row = await selectUser.first(trx, { userId });
      return row && toUser(row);
    },

    async seed({ phones, everyone }) {
      const now = clock.now().toISOString();
      const listed = new Set<string>();
      const past = await findPast(
        trx,
        phones.map((phone) => ({ kind: 'phone', scope: '', value: phone })),
      );
      for (const phone of phones.toSorted()) {
        const before = past.filter((row) => row.value === phone);
        // Who has lost it without a word keeps what they have; it is also whoever has it now that is named.
        for (const row of before) if (row.is_taken === 1 && row.is_whitelisted === 1) listed.add(row.user_id);
        // The list names a person, and they stay on it with another number; who has the old one now is decided on by hand.
        const moved = before.findLast((row) => row.is_taken === 0);
        if (moved) {
          listed.add(moved.user_id);
          continue;
        }
        if (before.some(barsNext)) continue;
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
    hasOptedOut: row.opted_out_at !== null,
    hasHeldParts: row.held_since !== null,
    isDecidedByOwner: row.access_decided_by === 'owner' || row.is_active === 0,
    mergedInto: row.merged_into ?? undefined,
    isSimulated: row.is_simulated === 1,
  };
}
