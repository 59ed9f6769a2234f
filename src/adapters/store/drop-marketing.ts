import type { PartExtras } from '#src/domain/outbound.ts';
import { optedOut } from './opted-out.ts';
import { isHeld, isPending } from './partial-indexes.ts';
import type { StoreContext } from './unit-of-work.ts';

/**
 * Ends what somebody who wants no marketing any more would still get of it: template messages that wait in their lane, for a channel
 * that rests or in a paused broadcast. Whoever is handed out later is asked first.
 */
export async function dropMarketing(
  { trx, clock }: Pick<StoreContext, 'trx' | 'clock'>,
  userId: string,
): Promise<void> {
  const waiting = trx
    .selectFrom('outbound_parts')
    .select(['id', 'message_id', 'channel', 'state', 'attempts', 'extras'])
    .where('user_id', '=', userId)
    .where('extras', 'is not', null);
  // Each by its own index.
  const parts = [
    ...(await waiting.where('state', '=', 'queued').where(isPending).execute()),
    ...(await waiting.where(isHeld).execute()),
  ];
  for (const { id, message_id, channel, state, attempts, extras } of parts) {
    const { template } = JSON.parse(extras ?? '{}') as PartExtras;
    if (!template) continue;
    const { name, language } = template;
    const isMarketing = await trx
      .selectFrom('templates')
      .select('name')
      .where('channel', '=', channel)
      .where('name', '=', name)
      .$if(language !== '', (query) => query.where('language', '=', language))
      .where('category', '=', 'marketing')
      .executeTakeFirst();
    if (!isMarketing) continue;
    const { numUpdatedRows } = await trx
      .updateTable('outbound_parts')
      .set({
        state: 'failed',
        error_code: optedOut.code,
        error_reason: 'The person wants no marketing messages.',
        failed_at: clock.now().toISOString(),
        not_before: null,
      })
      .where('id', '=', id)
      // The fence: begun meanwhile, it is on its way.
      .where('state', '=', state)
      .where('attempts', '=', attempts)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) continue;
    await trx
      .updateTable('messages')
      .set({ error_message: `not delivered: ${optedOut.code}` })
      .where('id', '=', message_id)
      .execute();
  }
}
