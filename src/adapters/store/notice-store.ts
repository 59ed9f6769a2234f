import type { NoticeStore } from '#src/ports/stores.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Remembers what was said lately, so that it is not said again. */
export function createNoticeStore({ trx, clock }: StoreContext): NoticeStore {
  return {
    async claim(userId, kind, expiresAt) {
      const expires_at = expiresAt.toISOString();
      const claimed = await trx
        .insertInto('notices')
        .values({ user_id: userId, kind, expires_at })
        .onConflict((conflict) =>
          conflict
            .columns(['user_id', 'kind'])
            .doUpdateSet({ expires_at })
            .where('notices.expires_at', '<=', clock.now().toISOString()),
        )
        .returning('user_id')
        .executeTakeFirst();
      return claimed !== undefined;
    },

    async renew(userId, kind, expiresAt) {
      const expires_at = expiresAt.toISOString();
      await trx
        .insertInto('notices')
        .values({ user_id: userId, kind, expires_at })
        .onConflict((conflict) => conflict.columns(['user_id', 'kind']).doUpdateSet({ expires_at }))
        .execute();
    },

    async holds(userId, kind) {
      const notice = await trx
        .selectFrom('notices')
        .select('kind')
        .where('user_id', '=', userId)
        .where('kind', '=', kind)
        .where('expires_at', '>', clock.now().toISOString())
        .executeTakeFirst();
      return notice !== undefined;
    },
  };
}
