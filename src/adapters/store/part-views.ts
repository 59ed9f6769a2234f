import type { Kysely, Selectable } from 'kysely';
import type { OutboundPartView } from '#src/ports/read-model.ts';
import type { Database, OutboundPartRow } from './schema.ts';

/** The parts of some messages by message, each in order. */
export async function readParts(
  db: Kysely<Database>,
  messageIds: readonly string[],
): Promise<Map<string, OutboundPartView[]>> {
  if (messageIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('outbound_parts')
    .selectAll()
    .where('message_id', 'in', messageIds)
    .orderBy('position')
    .execute();
  const byMessage = Map.groupBy(rows, (row) => row.message_id);
  return new Map([...byMessage].map(([messageId, parts]) => [messageId, parts.map(toPartView)]));
}

function toPartView(row: Selectable<OutboundPartRow>): OutboundPartView {
  return {
    id: row.id,
    position: row.position,
    channel: row.channel,
    rerouted_from: row.rerouted_from,
    text: row.text,
    state: row.state,
    provider_id: row.provider_id,
    error_code: row.error_code,
    error_reason: row.error_reason,
    attempts: row.attempts,
    retry_at: row.state === 'queued' ? row.not_before : null,
    sent_at: row.sent_at,
    delivered_at: row.delivered_at,
    read_at: row.read_at,
    played_at: row.played_at,
    failed_at: row.failed_at,
    created_at: row.created_at,
  };
}
