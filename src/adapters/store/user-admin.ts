import type { Kysely } from 'kysely';
import type { Clock, NewId } from '#src/ports/system.ts';
import type { UserAdmin } from '#src/ports/user-admin.ts';
import type { SetAlarms } from './alarms.ts';
import { createConsentStore } from './consent-store.ts';
import { followMerged } from './follow-merged.ts';
import { findByPhone, insertKnownPhone } from './known-phone.ts';
import { issueLinkCode } from './people-store.ts';
import { toUserView } from './read-users.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database } from './schema.ts';
import { createWakeStore } from './wake-store.ts';

interface UserAdminDeps {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly setAlarms?: SetAlarms | undefined;
  /** Called when there is work for the queue. */
  readonly onJob?: (() => void) | undefined;
  /** Called when it is stored that a person wants no messages. */
  readonly onStopped?: ((userId: string) => void) | undefined;
}

/** The owner's changes to people. Every method is one short transaction or one statement. */
export function createUserAdmin({ db, clock, newId, setAlarms, onJob, onStopped }: UserAdminDeps): UserAdmin {
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
        .where('erased_at', 'is', null)
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

    async stopMessages(id) {
      const stopped = await runTransaction(db, async (trx) => {
        const user = await followMerged(trx, id);
        if (!user) return null;
        await createConsentStore({ trx, clock, newId }).stop(user.id, { source: 'owner' });
        const row = await followMerged(trx, user.id);
        return row ? toUserView(row) : null;
      });
      if (stopped) onStopped?.(stopped.id);
      return stopped;
    },

    async issueLinkCode(id) {
      return (await runTransaction(db, (trx) => issueLinkCode({ trx, clock }, id))) ?? null;
    },

    async eraseUser(id) {
      const isKnown = await runTransaction(db, async (trx) => {
        const user = await followMerged(trx, id);
        if (user)
          await createWakeStore({ trx, clock, newId, setAlarms }).erase('erase-person', user.id, clock.now());
        return user !== undefined;
      });
      if (isKnown) onJob?.();
      return isKnown;
    },
  };
}
