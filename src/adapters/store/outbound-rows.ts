import type { ChannelName } from '#src/domain/identity.ts';
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
  readonly parts: readonly string[];
}

/** Stores one outbound message with its parts, queued in order. */
export async function insertOutbound(
  { trx, clock, newId }: StoreContext,
  message: OutboundMessage,
): Promise<void> {
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
      details: '{}',
      media: '[]',
      provider_id: null,
      quoted_provider_id: null,
      reply_address: message.to,
      own_address: message.from,
      verdict: null,
      limited_until: null,
      ai_response: null,
      ai_model_used: message.model,
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      cached_tokens: 0,
      cost_micros: 0,
      is_processed: 1,
      error_message: null,
      created_at: now,
    })
    .execute();
  await trx
    .insertInto('outbound_parts')
    .values(
      message.parts.map((text, position) => ({
        id: newId(),
        message_id: id,
        user_id: message.userId,
        turn_id: message.turnId,
        channel: message.channel,
        position,
        to_address: message.to,
        from_address: message.from,
        text,
        state: 'queued' as const,
        provider_id: null,
        error_code: null,
        attempts: 0,
        first_tried_at: null,
        sent_at: null,
        created_at: now,
      })),
    )
    .execute();
}
