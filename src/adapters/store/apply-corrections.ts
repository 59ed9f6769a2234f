import type { InboundMessage } from '#src/domain/message.ts';
import type { MessageRow } from './schema.ts';
import { supersedeOpenTurns } from './supersede-turns.ts';
import type { StoreContext } from './unit-of-work.ts';

/** The problem of a file whose message was revoked: it is nobody's to read, and leaves the disk. */
export const revoked = 'revoked';

/** A correction that was just stored for the first time. */
interface Correction {
  readonly messageId: string;
  readonly userId: string;
  readonly message: InboundMessage;
}

/**
 * Applies an edit or a revocation to what it is about, in the transaction that stores it. What is not answered yet is answered as it
 * is now, or not at all; what has been answered only reads differently from now on. One whose original is not known changes nothing.
 */
export async function applyCorrection(context: StoreContext, correction: Correction): Promise<void> {
  const { message, userId } = correction;
  const { change } = message;
  if (change?.kind !== 'edit' && change?.kind !== 'revoke') return;
  const original = await context.trx
    .selectFrom('messages')
    .selectAll()
    .where('channel', '=', message.channel)
    .where('provider_id', '=', change.originalProviderId)
    // Nobody changes what somebody else has said.
    .where('user_id', '=', userId)
    .where('direction', '=', 'inbound')
    .executeTakeFirst();
  if (!original) return;
  if (change.kind === 'edit') await edit(context, correction, original);
  else await revoke(context, original);
}

/** When what a message says was last edited, beside its other facts. */
interface EditedDetails {
  readonly editedAtMs?: number;
  readonly isRevoked?: true;
}

async function edit(
  { trx, clock }: StoreContext,
  { messageId, message }: Correction,
  original: MessageRow,
): Promise<void> {
  const details = JSON.parse(original.details) as EditedDetails;
  const editedAtMs = message.sentAtMs ?? clock.now().getTime();
  // The words are with the original, and nowhere else.
  await trx.updateTable('messages').set({ content: '' }).where('id', '=', messageId).execute();
  const isOutdated = details.editedAtMs !== undefined && details.editedAtMs > editedAtMs;
  if (details.isRevoked || isOutdated || message.type === 'unsupported') return;
  await trx
    .updateTable('messages')
    .set({ content: message.text, details: JSON.stringify({ ...details, editedAtMs }) })
    .where('id', '=', original.id)
    .execute();
  if (original.turn_id)
    await supersedeOpenTurns(trx, { turnId: original.turn_id }, clock.now().toISOString());
}

async function revoke({ trx, clock }: StoreContext, original: MessageRow): Promise<void> {
  const now = clock.now().toISOString();
  const { sentAtMs } = JSON.parse(original.details) as Pick<InboundMessage, 'sentAtMs'>;
  if (original.turn_id) await supersedeOpenTurns(trx, { turnId: original.turn_id }, now);
  await trx
    .updateTable('messages')
    .set({
      content: '',
      details: JSON.stringify({ sentAtMs, isRevoked: true }),
      media: '[]',
      quoted_provider_id: null,
      is_processed: 1,
      // Whoever looks at what has come in finds nothing to decide.
      verdict: original.verdict ?? 'allowed',
    })
    .where('id', '=', original.id)
    .execute();
  const files = await trx
    .updateTable('attachments')
    .set({
      state: 'failed',
      problem: revoked,
      conversation_id: null,
      file_name: null,
      sniffed_kind: null,
      reading: null,
      extracted_text: null,
      transcript: null,
      language: null,
      updated_at: now,
    })
    .where('message_id', '=', original.id)
    .returning('id')
    .execute();
  for (const { id } of files)
    await trx.deleteFrom('attachment_pages').where('attachment_id', '=', id).execute();
}
