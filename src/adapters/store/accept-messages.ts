import type { Identity } from '#src/domain/identity.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { Arrival } from '#src/ports/arrivals.ts';
import type { AcceptedMessage } from '#src/ports/corrections.ts';
import { acceptPeople } from './accept-people.ts';
import { applyCorrections } from './apply-corrections.ts';
import { changeIdentities } from './change-identities.ts';
import { inChunks } from './in-chunks.ts';
import { detailsOf, newColumns } from './message-rows.ts';
import { keyOf } from './proven-identities.ts';
import { findStored } from './recognize-strangers.ts';
import type { AttachmentRow, MessageRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';

type IsWelcome = (sender: readonly Identity[]) => boolean;

/** Stores messages with their people, and applies what they change, in the order in which they came. */
export async function acceptMessages(
  context: StoreContext,
  messages: readonly (InboundMessage | Arrival)[],
  isWelcome: IsWelcome,
): Promise<AcceptedMessage[]> {
  const accepted: AcceptedMessage[] = [];
  let run: (InboundMessage | Arrival)[] = [];
  for (const message of messages) {
    const { change } = message;
    if (change?.kind !== 'identities') {
      if (bringsAnotherId(run, message)) {
        accepted.push(...(await acceptRun(context, run, isWelcome)));
        run = [];
      }
      run.push(message);
      continue;
    }
    accepted.push(...(await acceptRun(context, run, isWelcome)));
    run = [];
    // Repeated weeks later, it must not take a number from whoever has it by then.
    if ((await findStored(context.trx, [message])).size > 0) continue;
    await changeIdentities(context, message, change, isWelcome);
    accepted.push(...(await acceptRun(context, [{ ...message, sender: change.current }], isWelcome)));
  }
  const last = await acceptRun(context, run, isWelcome);
  return accepted.length === 0 ? last : withOwners(context, [...accepted, ...last]);
}

/** Whether a number comes with another id than before it in the batch: whose it was must be stored when it changes hands. */
function bringsAnotherId(before: readonly InboundMessage[], message: InboundMessage): boolean {
  const keyOfKind = ({ sender }: InboundMessage, kind: Identity['kind']) => {
    const identity = sender.find((one) => one.kind === kind);
    return identity && keyOf(identity);
  };
  const [phone, id] = [keyOfKind(message, 'phone'), keyOfKind(message, 'bsuid')];
  if (!phone || !id) return false;
  return before.some((earlier) => {
    const earlierId = keyOfKind(earlier, 'bsuid');
    return earlierId !== undefined && earlierId !== id && keyOfKind(earlier, 'phone') === phone;
  });
}

/** Whose messages they are by now: a later one may have told that two people are one. */
async function withOwners(
  { trx }: StoreContext,
  accepted: readonly AcceptedMessage[],
): Promise<AcceptedMessage[]> {
  const ids = accepted.map((message) => message.messageId);
  const rows = await inChunks(ids, (chunk) =>
    trx.selectFrom('messages').select(['id', 'user_id']).where('id', 'in', chunk).execute(),
  );
  const ownerOf = new Map(rows.map((row) => [row.id, row.user_id]));
  return accepted.map((message) => ({
    ...message,
    userId: ownerOf.get(message.messageId) ?? message.userId,
  }));
}

/** Stores messages of which none changes who anybody is. */
async function acceptRun(
  context: StoreContext,
  messages: readonly (InboundMessage | Arrival)[],
  isWelcome: IsWelcome,
): Promise<AcceptedMessage[]> {
  if (messages.length === 0) return [];
  const { trx, clock, newId } = context;
  const senders = await acceptPeople(context, messages, isWelcome);
  const now = clock.now().toISOString();
  const attachments: AttachmentRow[] = [];
  const messageOf = new Map<string, InboundMessage>();
  const rows = messages.flatMap((message, index) => {
    const sender = senders[index];
    if (!sender) return [];
    const row = newInboundRow(message, {
      id: 'id' in message ? message.id : newId(),
      userId: sender.userId,
      now: 'receivedAt' in message ? message.receivedAt.toISOString() : now,
    });
    if (sender.replyAddress !== undefined) row.reply_address = sender.replyAddress;
    // It says nothing that could be answered.
    if (message.change) {
      row.verdict = sender.isAllowed ? 'allowed' : 'not_whitelisted';
      row.is_processed = 1;
    }
    const files = message.attachments.map((file, position) => ({
      ...newAttachmentRow(row, position, now),
      id: newId(),
      ref: file.ref,
      declared_type: file.declaredType,
      file_name: file.fileName ?? null,
    }));
    attachments.push(...files);
    row.media = JSON.stringify(
      files.map((file) => ({
        attachmentId: file.id,
        type: file.declared_type,
        fileName: file.file_name,
      })),
    );
    messageOf.set(row.id, message);
    return [row];
  });
  // Two processes that store the same messages wait for each other in one order, whatever order they were given.
  const sorted = rows.toSorted((a, b) => ((a.provider_id ?? '') < (b.provider_id ?? '') ? -1 : 1));
  const inserted = await inChunks(sorted, (chunk) =>
    trx
      .insertInto('messages')
      .values(chunk)
      // By the provider's id, or by our own: one from the arrival log may have been stored before a crash.
      .onConflict((conflict) => conflict.doNothing())
      .returning(['id', 'user_id'])
      .execute(),
  );
  inserted.sort((a, b) => (a.id < b.id ? -1 : 1));
  const isNew = new Set(inserted.map((row) => row.id));
  const files = attachments.filter((file) => isNew.has(file.message_id));
  await inChunks(files, (chunk) => trx.insertInto('attachments').values(chunk).execute());
  const allowed = new Set(senders.flatMap((sender) => (sender?.isAllowed ? [sender.userId] : [])));
  const accepted = inserted.map((row) => ({
    messageId: row.id,
    userId: row.user_id,
    isAllowed: allowed.has(row.user_id),
    message: messageOf.get(row.id) as InboundMessage,
  }));
  const overtaken = await applyCorrections(context, accepted);
  if (overtaken.size === 0) return accepted;
  return accepted.map((item) => (overtaken.has(item.messageId) ? { ...item, isOvertaken: true } : item));
}

function newInboundRow(
  message: InboundMessage,
  known: { id: string; userId: string; now: string },
): MessageRow {
  return {
    id: known.id,
    user_id: known.userId,
    conversation_id: null,
    turn_id: null,
    channel: message.channel,
    direction: 'inbound',
    message_type: message.type,
    content: message.text,
    details: detailsOf(message),
    media: '[]',
    provider_id: message.providerId,
    quoted_provider_id: message.quotedProviderId ?? null,
    reply_address: message.replyAddress,
    own_address: message.ownAddress,
    ...newColumns,
    ai_model_used: null,
    is_processed: 0,
    created_at: known.now,
  };
}

function newAttachmentRow(message: MessageRow, position: number, now: string) {
  return {
    message_id: message.id,
    user_id: message.user_id,
    conversation_id: null,
    position,
    state: 'pending' as const,
    path: null,
    bytes: null,
    sniffed_type: null,
    sniffed_kind: null,
    sniffed_extension: null,
    mislabelled: 0 as const,
    reading: null,
    extracted_text: null,
    transcript: null,
    language: null,
    problem: null,
    read_ms: null,
    created_at: now,
    updated_at: now,
  };
}
