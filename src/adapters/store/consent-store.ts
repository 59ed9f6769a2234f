import type { ConsentAction, ConsentType } from '#src/domain/consent.ts';
import type { ConsentOrigin, ConsentStore, LeftUnanswered } from '#src/ports/privacy.ts';
import { dropMarketing } from './drop-marketing.ts';
import { applyPreferences } from './marketing-preferences.ts';
import { dropWaiting, optedOut } from './opted-out.ts';
import { isUnfinished } from './partial-indexes.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Wishes and their log. */
export function createConsentStore(context: StoreContext): ConsentStore {
  const { trx, clock, newId } = context;
  const now = () => clock.now().toISOString();

  async function log(
    userId: string,
    type: ConsentType,
    action: ConsentAction,
    origin: ConsentOrigin,
  ): Promise<void> {
    const row = {
      id: newId(),
      user_id: userId,
      type,
      action,
      source: origin.source,
      channel: origin.channel ?? null,
      message_id: origin.messageId ?? null,
      wording_version: origin.wordingVersion ?? null,
      detail: origin.detail ?? null,
      created_at: now(),
    };
    await trx.insertInto('consents').values(row).execute();
  }

  /** @param upTo a message, and so all that came before it, as ids sort as messages came; everything if left out */
  async function leaveUnanswered(
    userId: string,
    upTo?: { id: string | undefined; itself: boolean },
  ): Promise<LeftUnanswered[]> {
    const rows = await trx
      .updateTable('messages')
      .set({ verdict: 'opted_out', is_processed: 1 })
      .where('user_id', '=', userId)
      .where('verdict', 'is', null)
      .where('direction', '=', 'inbound')
      .$if(upTo?.id !== undefined, (query) => query.where('id', upTo?.itself ? '<=' : '<', upTo?.id ?? ''))
      .returning(['id', 'channel', 'message_type'])
      .execute();
    return rows.map((row) => ({
      id: row.id,
      channel: row.channel,
      type: row.message_type,
      verdict: 'opted_out',
    }));
  }

  async function dropWhatIsQueued(userId: string): Promise<void> {
    await dropWaiting(context, optedOut.reason, ({ and, eb }) =>
      and([eb('user_id', '=', userId), eb('despite_opt_out', '=', 0)]),
    );
    const ended = await trx
      .updateTable('turns')
      .set({ state: 'failed', error_message: optedOut.code, finished_at: now() })
      .where('user_id', '=', userId)
      .where(isUnfinished)
      .returning('id')
      .execute();
    if (ended.length === 0) return;
    await trx
      .updateTable('messages')
      .set({ is_processed: 1, error_message: optedOut.code })
      .where(
        'turn_id',
        'in',
        ended.map((turn) => turn.id),
      )
      .where('direction', '=', 'inbound')
      .where('is_processed', '=', 0)
      .execute();
  }

  return {
    async stop(userId, origin) {
      const { numUpdatedRows } = await trx
        .updateTable('users')
        .set({ opted_out_at: now(), updated_at: now(), held_since: null, untold_since: null })
        .where('id', '=', userId)
        .where('opted_out_at', 'is', null)
        .executeTakeFirstOrThrow();
      const isNew = numUpdatedRows > 0n;
      if (isNew) {
        await log(userId, 'messages', 'revoked', origin);
        await dropWhatIsQueued(userId);
      }
      return { isNew, left: await leaveUnanswered(userId, { id: origin.messageId, itself: true }) };
    },

    async start(userId, origin) {
      const { numUpdatedRows } = await trx
        .updateTable('users')
        .set({ opted_out_at: null, marketing_opted_out_at: null, updated_at: now() })
        .where('id', '=', userId)
        .where('opted_out_at', 'is not', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return { isNew: false, left: [] };
      await log(userId, 'messages', 'granted', origin);
      return { isNew: true, left: await leaveUnanswered(userId, { id: origin.messageId, itself: false }) };
    },

    async note(userId, origin) {
      const last = await trx
        .selectFrom('consents')
        .select('action')
        .where('user_id', '=', userId)
        .where('type', '=', 'messages')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (last?.action !== 'granted') await log(userId, 'messages', 'granted', origin);
    },

    async stopMarketing(userId, origin) {
      const { numUpdatedRows } = await trx
        .updateTable('users')
        .set({ marketing_opted_out_at: now(), updated_at: now() })
        .where('id', '=', userId)
        .where('marketing_opted_out_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return false;
      await log(userId, 'marketing', 'revoked', origin);
      await dropMarketing(context, userId);
      return true;
    },

    prefer: (preferences) => applyPreferences(context, preferences),
  };
}
