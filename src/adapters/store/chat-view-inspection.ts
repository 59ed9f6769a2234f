import type { Kysely, Selectable } from 'kysely';
import { NotFound } from '#src/domain/errors.ts';
import type { Usage } from '#src/domain/usage.ts';
import type { InspectedFile, InspectedPart, Inspection } from '#src/ports/chat-view.ts';
import { toChatFile, toReading } from './chat-view-bubbles.ts';
import { readableText } from './document-columns.ts';
import { readConsents } from './read-users.ts';
import type { AttachmentRow, Database, MessageRow, TurnRow } from './schema.ts';

/** Most text of one file that the inspector shows, in UTF-16 units: enough to judge the reading, light enough for a phone. */
const excerptUnits = 20_000;

/**
 * Everything known about one message: its own files and verdict, and the turn it was answered in.
 * @throws NotFound
 */
export async function inspectMessage(db: Kysely<Database>, messageId: string): Promise<Inspection> {
  const message = await db.selectFrom('messages').selectAll().where('id', '=', messageId).executeTakeFirst();
  if (!message) throw new NotFound('There is no such message');
  const [turn, conversation, usage, files, parts, consents] = await Promise.all([
    readTurn(db, message.turn_id),
    message.conversation_id === null
      ? undefined
      : db
          .selectFrom('conversations')
          .select('title')
          .where('id', '=', message.conversation_id)
          .executeTakeFirst(),
    readUsage(db, message.turn_id),
    readFiles(db, message),
    readParts(db, message),
    readConsents(db, message.user_id),
  ]);
  return {
    messageId: message.id,
    userId: message.user_id,
    conversationId: message.conversation_id,
    conversationTitle: conversation?.title ?? null,
    providerId: message.provider_id,
    channel: message.channel,
    side: message.direction === 'inbound' ? 'person' : 'assistant',
    type: message.message_type,
    text: message.content,
    verdict: message.verdict,
    isProcessed: message.is_processed === 1,
    problem: message.error_message,
    at: message.created_at,
    turn,
    usage,
    files,
    parts,
    consents,
  };
}

async function readTurn(db: Kysely<Database>, turnId: string | null): Promise<Inspection['turn']> {
  if (turnId === null) return null;
  const [turn, joined] = await Promise.all([
    db.selectFrom('turns').selectAll().where('id', '=', turnId).executeTakeFirst(),
    db
      .selectFrom('messages')
      .select('ai_model_used')
      .where('turn_id', '=', turnId)
      .where('direction', '=', 'inbound')
      .execute(),
  ]);
  return turn
    ? {
        id: turn.id,
        state: turn.state,
        problem: turn.error_message,
        steps: toSteps(turn),
        startedAt: turn.created_at,
        finishedAt: turn.finished_at,
        joinedMessages: joined.length,
        model: joined.find((row) => row.ai_model_used !== null)?.ai_model_used ?? null,
      }
    : null;
}

function toSteps(turn: Selectable<TurnRow>): { step: string; ms: number }[] {
  return JSON.parse(turn.steps) as { step: string; ms: number }[];
}

async function readUsage(db: Kysely<Database>, turnId: string | null): Promise<Usage[]> {
  if (turnId === null) return [];
  const rows = await db
    .selectFrom('usage_entries')
    .selectAll()
    .where('turn_id', '=', turnId)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    kind: row.kind,
    model: row.model,
    promptTokens: row.prompt_tokens,
    cachedTokens: row.cached_tokens,
    completionTokens: row.completion_tokens,
    audioSeconds: row.audio_seconds,
    costMicros: row.cost_micros,
  }));
}

/** A person's message shows its own files; an answer shows all files of the turn it answers. */
async function readFiles(db: Kysely<Database>, message: Selectable<MessageRow>): Promise<InspectedFile[]> {
  const all = db.selectFrom('attachments').selectAll('attachments');
  const rows =
    message.direction === 'inbound' || message.turn_id === null
      ? await all.where('message_id', '=', message.id).orderBy('position').execute()
      : await all
          .innerJoin('messages', 'messages.id', 'attachments.message_id')
          .where('messages.turn_id', '=', message.turn_id)
          .orderBy('attachments.id')
          .execute();
  return rows.map(toInspectedFile);
}

function toInspectedFile(row: Selectable<AttachmentRow>): InspectedFile {
  return {
    ...toChatFile(row),
    declaredType: row.declared_type,
    sniffedType: row.sniffed_type,
    isMislabelled: row.mislabelled === 1,
    readMs: row.read_ms,
    reading: toShortReading(row.reading),
    extractedText: readableText(row.extracted_text)?.slice(0, excerptUnits) ?? null,
    transcript: row.transcript?.slice(0, excerptUnits) ?? null,
    language: row.language,
  };
}

/** The pages' text is in `extractedText` already; sending a book twice helps nobody. */
function toShortReading(json: string | null): InspectedFile['reading'] {
  const reading = toReading(json);
  return reading?.kind === 'document'
    ? { ...reading, pages: reading.pages.map((page) => ({ page: page.page, text: '' })) }
    : reading;
}

/** An answer's own parts; for a person's message, those of the answer to its turn. */
async function readParts(db: Kysely<Database>, message: Selectable<MessageRow>): Promise<InspectedPart[]> {
  const all = db.selectFrom('outbound_parts').selectAll();
  const query =
    message.direction === 'outbound'
      ? all.where('message_id', '=', message.id)
      : message.turn_id === null
        ? undefined
        : all.where('turn_id', '=', message.turn_id);
  const rows = query ? await query.orderBy('message_id').orderBy('position').execute() : [];
  return rows.map((row) => ({
    id: row.id,
    position: row.position,
    text: row.text,
    channel: row.channel,
    reroutedFrom: row.rerouted_from,
    state: row.state,
    providerId: row.provider_id,
    errorCode: row.error_code,
    errorReason: row.error_reason,
    attempts: row.attempts,
    retryAt: row.state === 'queued' ? row.not_before : null,
    sentAt: row.sent_at,
    deliveredAt: row.delivered_at,
    readAt: row.read_at,
    playedAt: row.played_at,
    failedAt: row.failed_at,
  }));
}
