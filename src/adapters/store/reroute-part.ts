import type { Kysely, Selectable } from 'kysely';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { PartAddress, PartAtHand } from '#src/ports/outbox.ts';
import type { Database, OutboundPartRow } from './schema.ts';
import { insertion } from './statement.ts';

const insertPart = insertion('outbound_parts');

/**
 * Sends a part another way, in as many pieces as it takes there. What waits is sent in the order of ids, so the pieces get ids right
 * after the part's own; what follows it in its message moves up.
 * @returns false when the part is no longer as it was seen
 */
export async function reroutePart(
  trx: Kysely<Database>,
  part: PartAtHand,
  { address, texts }: { address: PartAddress; texts: readonly string[] },
): Promise<boolean> {
  const [text, ...others] = texts;
  if (text === undefined) return false;
  const moved = await trx
    .updateTable('outbound_parts')
    .set((row) => ({
      channel: address.channel,
      to_address: address.to,
      from_address: address.from,
      text,
      not_before: null,
      rerouted_from: row.fn.coalesce('rerouted_from', 'channel'),
    }))
    .where('id', '=', part.id)
    .where('state', '=', part.state)
    .where('attempts', '=', part.attempts)
    .returningAll()
    .executeTakeFirst();
  if (!moved) return false;
  // A quotation means nothing on another channel.
  const { choices }: PartExtras = moved.extras === null ? {} : JSON.parse(moved.extras);
  const extras = choices ? JSON.stringify({ choices }) : null;
  const own = others.length === 0 ? extras : null;
  await trx.updateTable('outbound_parts').set({ extras: own }).where('id', '=', moved.id).execute();
  if (others.length === 0) return true;
  await trx
    .updateTable('outbound_parts')
    .set((row) => ({ position: row('position', '+', others.length) }))
    .where('message_id', '=', moved.message_id)
    .where('position', '>', moved.position)
    .execute();
  for (const [index, piece] of others.entries()) {
    const isLast = index === others.length - 1;
    await insertPart(trx, { ...pieceOf(moved, index + 1), text: piece, extras: isLast ? extras : null });
  }
  return true;
}

/** What a further piece of a part begins as: nothing of it was ever tried. */
function pieceOf(part: Selectable<OutboundPartRow>, offset: number) {
  return {
    id: idAfter(part.id, offset),
    message_id: part.message_id,
    user_id: part.user_id,
    turn_id: part.turn_id,
    channel: part.channel,
    position: part.position + offset,
    to_address: part.to_address,
    from_address: part.from_address,
    state: 'queued' as const,
    provider_id: null,
    error_code: null,
    attempts: 0,
    first_tried_at: null,
    tried_at: null,
    sent_at: null,
    rerouted_from: part.rerouted_from,
    despite_opt_out: part.despite_opt_out,
    created_at: part.created_at,
  };
}

/** The id that sorts so many places after a UUID. The end of one is random: no other id lies between. */
function idAfter(id: string, offset: number): string {
  const next = BigInt(`0x${id.replaceAll('-', '')}`) + BigInt(offset);
  return next
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
