import type { ChannelName } from '#src/domain/identity.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import { newColumns, type OutboundDetails } from './message-rows.ts';
import type { OutboundPartRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

interface OutboundMessage {
  readonly userId: string;
  readonly conversationId: string | null;
  readonly turnId: string | null;
  readonly channel: ChannelName;
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly model: string | null;
  readonly details?: OutboundDetails;
  readonly parts: readonly string[];
  /** Whether the sending of the first part begins with this transaction. */
  readonly isBegun: boolean;
}

/** Stores one outbound message with its parts in order. */
export async function insertOutbound(
  { trx, clock, newId }: StoreContext,
  message: OutboundMessage,
): Promise<QueuedPart[]> {
  const id = newId();
  const now = clock.now().toISOString();
  await trx
    .insertInto('messages')
    .values({
      id,
      user_id: message.userId,
      conversation_id: message.conversationId,
      turn_id: message.turnId,
      channel: message.channel,
      direction: 'outbound',
      message_type: 'text',
      content: message.text,
      details: JSON.stringify(message.details ?? {}),
      media: '[]',
      provider_id: null,
      quoted_provider_id: null,
      reply_address: message.to,
      own_address: message.from,
      ...newColumns,
      ai_model_used: message.model,
      is_processed: 1,
      created_at: now,
    })
    .execute();
  const parts = message.parts.map((text, position) => {
    const isBegun = message.isBegun && position === 0;
    return {
      id: newId(),
      message_id: id,
      user_id: message.userId,
      turn_id: message.turnId,
      channel: message.channel,
      position,
      to_address: message.to,
      from_address: message.from,
      text,
      state: isBegun ? ('sending' as const) : ('queued' as const),
      provider_id: null,
      error_code: null,
      attempts: isBegun ? 1 : 0,
      first_tried_at: isBegun ? now : null,
      sent_at: null,
      created_at: now,
    };
  });
  await trx.insertInto('outbound_parts').values(parts).execute();
  return parts.map((part) => ({
    ...toQueuedPart(part),
    ...(part.attempts > 0 && { isBegun: true as const }),
  }));
}

/** A part that is not out yet, from its row. */
export function toQueuedPart(row: OutboundPartRow): QueuedPart {
  return {
    id: row.id,
    channel: row.channel,
    to: row.to_address,
    from: row.from_address,
    text: row.text,
    turnId: row.turn_id ?? undefined,
    state: row.state === 'sending' ? 'sending' : 'queued',
    attempts: row.attempts,
    firstTriedAt: row.first_tried_at ? new Date(row.first_tried_at) : undefined,
  };
}
