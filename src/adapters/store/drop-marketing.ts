import type { PartExtras } from '#src/domain/outbound.ts';
import { dropWaiting } from './opted-out.ts';
import { isHeld, isPending } from './partial-indexes.ts';
import type { StoreContext } from './unit-of-work.ts';

/**
 * Ends what somebody who wants no marketing any more would still get of it: template messages that wait in their lane, for a channel
 * that rests or in a paused broadcast. Whoever is handed out later is asked first.
 */
export async function dropMarketing(
  context: Pick<StoreContext, 'trx' | 'clock'>,
  userId: string,
): Promise<void> {
  const { trx } = context;
  const waiting = trx
    .selectFrom('outbound_parts')
    .select(['id', 'channel', 'extras'])
    .where('user_id', '=', userId)
    .where('extras', 'is not', null);
  // Each by its own index.
  const parts = [
    ...(await waiting.where('state', '=', 'queued').where(isPending).execute()),
    ...(await waiting.where(isHeld).execute()),
  ];
  const unwanted: string[] = [];
  for (const { id, channel, extras } of parts) {
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
    if (isMarketing) unwanted.push(id);
  }
  if (unwanted.length === 0) return;
  await dropWaiting(context, 'The person wants no marketing messages.', (eb) => eb('id', 'in', unwanted));
}
