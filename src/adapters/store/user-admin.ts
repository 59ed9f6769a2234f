import type { Kysely } from 'kysely';
import type { Clock, NewId } from '#src/ports/system.ts';
import type { UserAdmin } from '#src/ports/user-admin.ts';
import { toUserView } from './read-users.ts';
import type { Database, UserRow } from './schema.ts';

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
      const now = clock.now().toISOString();
      const user: UserRow = {
        id: newId(),
        phone_number: phone,
        whatsapp_name: null,
        is_whitelisted: isWhitelisted ? 1 : 0,
        is_active: 1,
        access_decided_by: 'owner',
        is_simulated: 0,
        created_at: now,
        updated_at: now,
        last_seen_at: null,
      };
      return db.transaction().execute(async (trx) => {
        const known = await trx
          .selectFrom('user_identities')
          .select('id')
          .where('kind', '=', 'phone')
          .where('scope', '=', '')
          .where('value', '=', phone)
          .executeTakeFirst();
        if (known) return null;
        await trx.insertInto('users').values(user).execute();
        await trx
          .insertInto('user_identities')
          .values({ id: newId(), user_id: user.id, kind: 'phone', scope: '', value: phone, created_at: now })
          .execute();
        return toUserView(user);
      });
    },
  };
}
