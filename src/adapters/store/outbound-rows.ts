import type { Selectable } from 'kysely';
import type { ChannelName } from '#src/domain/identity.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import { newColumns, type OutboundDetails } from './message-rows.ts';
import type { OutboundPartRow } from './schema.ts';
import { insertion } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

const insertMessage = insertion('messages');
const insertPart = insertion('outbound_parts');

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
  /** The provider id of the message that asked: the first part quotes it, where the channel can. */
  readonly quotes?: string | undefined;
  /** What the last part is beside its text. */
  readonly extras?: PartExtras | undefined;
  /** Whether the sending of the first part begins with this transaction. */
  readonly isBegun: boolean;
  /** Heard by whoever has opted out as well. */
  readonly despiteOptOut?: boolean | undefined;
}

/** Stores one outbound message with its parts in order. */
export async function insertOutbound(
  { trx, clock, newId }: StoreContext,
  message: OutboundMessage,
): Promise<QueuedPart[]> {
  const id = newId();
  const now = clock.now().toISOString();
  await insertMessage(trx, {
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
  });
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
      extras: extrasOf(message, position),
      state: isBegun ? ('sending' as const) : ('queued' as const),
      provider_id: null,
      error_code: null,
      attempts: isBegun ? 1 : 0,
      first_tried_at: isBegun ? now : null,
      tried_at: isBegun ? now : null,
      sent_at: null,
      despite_opt_out: message.despiteOptOut ? (1 as const) : (0 as const),
      created_at: now,
    };
  });
  for (const part of parts) await insertPart(trx, part);
  return parts.map((part) => ({
    ...toQueuedPart({ ...part, excused: 0, not_before: null }),
    ...(part.attempts > 0 && { isBegun: true as const }),
  }));
}

/** What a part is beside its text, as JSON; null for mere text. */
function extrasOf({ quotes, extras, parts }: OutboundMessage, position: number): string | null {
  const own: PartExtras = {
    ...(quotes && position === 0 && { quotes }),
    ...(position === parts.length - 1 && extras),
  };
  return Object.keys(own).length > 0 ? JSON.stringify(own) : null;
}

/** What is read of a part that is not out yet. */
type QueuedRow = Pick<
  Selectable<OutboundPartRow>,
  | 'id'
  | 'channel'
  | 'to_address'
  | 'from_address'
  | 'text'
  | 'extras'
  | 'turn_id'
  | 'state'
  | 'attempts'
  | 'excused'
  | 'first_tried_at'
  | 'tried_at'
  | 'not_before'
>;

/** A part that is not out yet, from its row. */
export function toQueuedPart(row: QueuedRow): QueuedPart {
  return {
    id: row.id,
    channel: row.channel,
    to: row.to_address,
    from: row.from_address,
    text: row.text,
    ...(row.extras === null ? {} : (JSON.parse(row.extras) as PartExtras)),
    turnId: row.turn_id ?? undefined,
    state: row.state === 'sending' ? 'sending' : 'queued',
    attempts: row.attempts,
    excused: row.excused,
    firstTriedAt: toDate(row.first_tried_at),
    triedAt: toDate(row.tried_at),
    notBefore: toDate(row.not_before),
  };
}

function toDate(time: string | null): Date | undefined {
  return time === null ? undefined : new Date(time);
}
