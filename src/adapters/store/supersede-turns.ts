import type { Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** Why a turn ended without an answer although its messages are still answered, in another turn. */
export const superseded = 'superseded';

/**
 * Ends open turns and puts their messages back among those that nobody has looked at. Whoever is working on one of them finds it ended
 * when they come to store the answer; the next turn begins from what is stored by then.
 */
export async function supersedeOpenTurns(
  trx: Transaction<Database>,
  which: { readonly userId: string } | { readonly turnId: string },
  now: string,
): Promise<void> {
  const ended = await trx
    .updateTable('turns')
    .set({ state: 'failed', error_message: superseded, finished_at: now })
    .where('state', '=', 'open')
    .where((eb) => ('userId' in which ? eb('user_id', '=', which.userId) : eb('id', '=', which.turnId)))
    .returning('id')
    .execute();
  if (ended.length === 0) return;
  await trx
    .updateTable('messages')
    .set({ verdict: null, turn_id: null, conversation_id: null })
    .where(
      'turn_id',
      'in',
      ended.map((turn) => turn.id),
    )
    .where('direction', '=', 'inbound')
    .where('is_processed', '=', 0)
    .execute();
}
