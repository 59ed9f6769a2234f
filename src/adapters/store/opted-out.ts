import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { undelivered } from './delivery-statements.ts';
import { isHeld, isPending } from './partial-indexes.ts';
import type { Database } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Why something was not said, as it is written on parts, turns and messages. */
export const optedOut = { code: 'opted_out', reason: 'The person wants no messages.' } as const;

/** Ends parts that wait, because their person does not want them any more. What has begun is on its way. */
export async function dropWaiting(
  { trx, clock }: Pick<StoreContext, 'trx' | 'clock'>,
  reason: string,
  which: (eb: ExpressionBuilder<Database, 'outbound_parts'>) => Expression<SqlBool>,
): Promise<void> {
  const drop = trx
    .updateTable('outbound_parts')
    .set({
      state: 'failed',
      error_code: optedOut.code,
      error_reason: reason,
      failed_at: clock.now().toISOString(),
      not_before: null,
    })
    .where(which)
    .returning('message_id');
  // Each by its own index.
  const dropped = [
    ...(await drop.where('state', '=', 'queued').where(isPending).execute()),
    ...(await drop.where(isHeld).execute()),
  ];
  if (dropped.length === 0) return;
  await trx
    .updateTable('messages')
    .set({ error_message: undelivered(optedOut.code, undefined) })
    .where('id', 'in', [...new Set(dropped.map((part) => part.message_id))])
    .execute();
}
