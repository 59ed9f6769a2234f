import type { InboundMessage } from '#src/domain/message.ts';
import type { AcceptedMessage } from '#src/ports/corrections.ts';
import { type Correction, editedAtMs, keepEarly, takeEarly } from './early-corrections.ts';
import type { MessageRow } from './schema.ts';
import { supersedeOpenTurns } from './supersede-turns.ts';
import type { StoreContext } from './unit-of-work.ts';

/** The problem of a file whose message was revoked: it is nobody's to read, and leaves the disk. */
export const revoked = 'revoked';

/**
 * Applies edits and revocations among messages that were just stored to what they are about, and to the others what came before
 * them. What is not answered yet is answered as it is now, or not at all; what has been answered only reads differently from now on.
 * @returns ids of messages whose own words are not what their sender means any more
 */
export async function applyCorrections(
  context: StoreContext,
  accepted: readonly AcceptedMessage[],
): Promise<ReadonlySet<string>> {
  const said = accepted.filter(({ message }) => !message.change);
  const early = await takeEarly(
    context,
    said.map(({ userId, message: { channel, providerId } }) => ({ userId, channel, providerId })),
  );
  const overtaken = await applyKept(context, early);
  for (const { messageId, userId, message } of accepted) {
    const { change } = message;
    if (change?.kind !== 'edit' && change?.kind !== 'revoke') continue;
    const id = await apply(context, { messageId, userId, message, change });
    if (id) overtaken.add(id);
  }
  return overtaken;
}

/** Applies what was kept, in the order in which it came. @returns as above */
export async function applyKept(
  context: StoreContext,
  corrections: readonly Correction[],
): Promise<Set<string>> {
  const overtaken = new Set<string>();
  for (const correction of corrections) {
    const id = await apply(context, correction);
    if (id) overtaken.add(id);
  }
  return overtaken;
}

/** @returns the id of the one that came after what it is overtaken by: the original, or the correction; undefined for most */
async function apply(context: StoreContext, correction: Correction): Promise<string | undefined> {
  const { messageId, message, change } = correction;
  // What cannot be read puts nothing in the place of what was said.
  if (change.kind === 'edit' && message.type === 'unsupported') return undefined;
  const original = await context.trx
    .selectFrom('messages')
    .selectAll()
    .where('channel', '=', message.channel)
    .where('provider_id', '=', change.originalProviderId)
    // Nobody changes what somebody else has said.
    .where('user_id', '=', correction.userId)
    .where('direction', '=', 'inbound')
    .executeTakeFirst();
  if (!original) return (await keepEarly(context, correction)).isOvertaken ? messageId : undefined;
  const isInForce =
    change.kind === 'edit' ? await edit(context, correction, original) : await revoke(context, original);
  if (!isInForce) return messageId;
  // Ids sort as messages came.
  return original.id > messageId ? original.id : undefined;
}

/** When what a message says was last edited, beside its other facts. */
interface EditedDetails {
  readonly editedAtMs?: number;
  readonly isRevoked?: true;
}

/** @returns false when something later about the same message was known */
async function edit(
  { trx, clock }: StoreContext,
  correction: Correction,
  original: MessageRow,
): Promise<boolean> {
  const { messageId, message } = correction;
  const details = JSON.parse(original.details) as EditedDetails;
  const madeAtMs = editedAtMs(correction, clock.now());
  // The words are with the original, and nowhere else.
  await trx.updateTable('messages').set({ content: '' }).where('id', '=', messageId).execute();
  if (details.isRevoked || (details.editedAtMs !== undefined && details.editedAtMs > madeAtMs)) return false;
  await trx
    .updateTable('messages')
    .set({ content: message.text, details: JSON.stringify({ ...details, editedAtMs: madeAtMs }) })
    .where('id', '=', original.id)
    .execute();
  if (original.turn_id)
    await supersedeOpenTurns(trx, { turnId: original.turn_id }, clock.now().toISOString());
  return true;
}

async function revoke({ trx, clock }: StoreContext, original: MessageRow): Promise<true> {
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
  return true;
}
