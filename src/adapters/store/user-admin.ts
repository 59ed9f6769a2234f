import type { Kysely } from 'kysely';
import type { Clock, NewId } from '#src/ports/system.ts';
import type { UserAdmin } from '#src/ports/user-admin.ts';
import { findByPhone, insertKnownPhone } from './known-phone.ts';
import { toUserView } from './read-users.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database } from './schema.ts';

interface UserAdminDeps {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** The owner's changes to people. Every method is one short transaction or one statement. */
export function createUserAdmin({ db, clock, newId }: UserAdminDeps): UserAdmin {
  return {
    async patchUser(id, { isWhitelisted, isActive }) {
      const row = await db
        .updateTable('users')
        .set({
          updated_at: clock.now().toISOString(),
          ...(isActive === undefined ? {} : { is_active: isActive ? 1 : 0 }),
          ...(isWhitelisted === undefined
            ? {}
            : { is_whitelisted: isWhitelisted ? 1 : 0, access_decided_by: 'owner' as const }),
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst();
      return row ? toUserView(row) : null;
    },

    async addUser({ phone, isWhitelisted }) {
      return runTransaction(db, async (trx) => {
        if (await findByPhone(trx, phone)) return null;
        const person = { phone, isWhitelisted, decidedBy: 'owner' as const };
        return toUserView(await insertKnownPhone({ trx, clock, newId }, person));
      });
    },
  };
}
