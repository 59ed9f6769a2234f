import type { ChannelName } from '#src/domain/identity.ts';
import type { InboundMessage, MessageChange } from '#src/domain/message.ts';
import type { MessageRow } from './schema.ts';
import { type Given, isOneOf, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';

/** What a message does to an earlier one. */
export type CorrectionChange = Extract<MessageChange, { kind: 'edit' | 'revoke' }>;

/** An edit or a revocation that is stored. */
export interface Correction {
  readonly messageId: string;
  readonly userId: string;
  readonly message: Pick<InboundMessage, 'channel' | 'type' | 'text' | 'sentAtMs'>;
  readonly change: CorrectionChange;
}

/** When an edit was made; one of which nobody says so counts from when it came. */
export function editedAtMs({ message }: Pick<Correction, 'message'>, now: Date): number {
  return message.sentAtMs ?? now.getTime();
}

const correctionColumns = [
  'messages.id',
  'messages.user_id',
  'messages.channel',
  'messages.message_type',
  'messages.content',
  'messages.details',
] as const;

/** Asked with every batch of messages; the table is nearly always empty. */
const selectEarly = statement((db, given: Given<{ originals: readonly string[] }>) =>
  db
    .selectFrom('early_corrections')
    .innerJoin('messages', 'messages.id', 'early_corrections.message_id')
    .select(correctionColumns)
    .where(isOneOf(db, 'early_corrections.original_provider_id', given.originals))
    .orderBy('messages.id'),
);

/**
 * Keeps a correction until its original comes.
 * @returns whether something later about the same message came before it
 */
export async function keepEarly(
  { trx, clock }: StoreContext,
  correction: Correction,
): Promise<{ isOvertaken: boolean }> {
  const { messageId, userId, message, change } = correction;
  const now = clock.now();
  const kept = (await selectEarly.all(trx, { originals: [change.originalProviderId] }))
    .map(toCorrection)
    .filter((other) => other.userId === userId && other.message.channel === message.channel);
  await trx
    .insertInto('early_corrections')
    .values({
      message_id: messageId,
      channel: message.channel,
      original_provider_id: change.originalProviderId,
      created_at: now.toISOString(),
    })
    .execute();
  const all = [...kept, correction];
  // What was taken back is not to be read anywhere, also if the original never comes.
  if (all.some((one) => one.change.kind === 'revoke')) {
    const ids = all.map((one) => one.messageId);
    await trx.updateTable('messages').set({ content: '' }).where('id', 'in', ids).execute();
  }
  const isLater = (other: Correction) =>
    other.change.kind === 'revoke' || editedAtMs(other, now) > editedAtMs(correction, now);
  return { isOvertaken: kept.some(isLater) };
}

/** Takes what was kept for messages that have just been stored, in the order in which it came. */
export async function takeEarly(
  { trx }: StoreContext,
  originals: readonly {
    readonly userId: string;
    readonly channel: ChannelName;
    readonly providerId: string;
  }[],
): Promise<Correction[]> {
  if (originals.length === 0) return [];
  const rows = await selectEarly.all(trx, { originals: originals.map(({ providerId }) => providerId) });
  if (rows.length === 0) return [];
  const keyOf = (...parts: string[]) => parts.join(' ');
  const keys = new Set(originals.map((one) => keyOf(one.userId, one.channel, one.providerId)));
  // Nobody changes what somebody else has said.
  const taken = rows
    .map(toCorrection)
    .filter(({ userId, message, change }) =>
      keys.has(keyOf(userId, message.channel, change.originalProviderId)),
    );
  await forget(trx, taken);
  return taken;
}

/** Takes corrections whose originals are there, although they were not when they were kept. */
export async function takeKnown({ trx }: StoreContext, limit: number): Promise<Correction[]> {
  const rows = await trx
    .selectFrom('early_corrections')
    .innerJoin('messages', 'messages.id', 'early_corrections.message_id')
    .innerJoin('messages as original', (join) =>
      join
        .onRef('original.channel', '=', 'early_corrections.channel')
        .onRef('original.provider_id', '=', 'early_corrections.original_provider_id')
        .onRef('original.user_id', '=', 'messages.user_id')
        .on('original.direction', '=', 'inbound'),
    )
    .select(correctionColumns)
    .orderBy('messages.id')
    .limit(limit)
    .execute();
  const taken = rows.map(toCorrection);
  await forget(trx, taken);
  return taken;
}

async function forget(trx: StoreContext['trx'], corrections: readonly Correction[]): Promise<void> {
  const ids = corrections.map(({ messageId }) => messageId);
  if (ids.length > 0) await trx.deleteFrom('early_corrections').where('message_id', 'in', ids).execute();
}

type CorrectionRow = Pick<MessageRow, 'id' | 'user_id' | 'channel' | 'message_type' | 'content' | 'details'>;

function toCorrection(row: CorrectionRow): Correction {
  const { sentAtMs, change } = JSON.parse(row.details) as Pick<InboundMessage, 'sentAtMs'> & {
    change: CorrectionChange;
  };
  return {
    messageId: row.id,
    userId: row.user_id,
    message: { channel: row.channel, type: row.message_type, text: row.content, sentAtMs },
    change,
  };
}
