import { type Insertable, sql } from 'kysely';
import type { Usage } from '#src/domain/usage.ts';
import type { UsageStore } from '#src/ports/stores.ts';
import type { Database } from './schema.ts';
import { type Given, statement } from './statement.ts';
import { sumEntries } from './sum-usage.ts';
import type { StoreContext } from './unit-of-work.ts';
import { consumed } from './usage-sums.ts';

type NewEntry = Omit<Required<Insertable<Database['usage_entries']>>, 'is_summed'>;

/** Of a turn or a file that was erased meanwhile the entry says nothing. */
const insertEntry = statement((db, given: Given<NewEntry>) =>
  db.insertInto('usage_entries').values({
    id: given.id,
    user_id: given.user_id,
    turn_id: sql<string | null>`(select turns.id from turns where turns.id = ${given.turn_id})`,
    attachment_id: sql<
      string | null
    >`(select attachments.id from attachments where attachments.id = ${given.attachment_id})`,
    kind: given.kind,
    model: given.model,
    prompt_tokens: given.prompt_tokens,
    cached_tokens: given.cached_tokens,
    completion_tokens: given.completion_tokens,
    total_tokens: given.total_tokens,
    audio_seconds: given.audio_seconds,
    cost_micros: given.cost_micros,
    day: given.day,
    created_at: given.created_at,
  }),
);

/** Writes a consumption into the ledger. */
export async function addUsage(
  { trx, clock, newId }: StoreContext,
  usage: Usage,
  of: { userId: string; turnId: string; attachmentId?: string },
): Promise<void> {
  const now = clock.now().toISOString();
  await insertEntry.change(trx, {
    id: newId(),
    user_id: of.userId,
    turn_id: of.turnId,
    attachment_id: of.attachmentId ?? null,
    kind: usage.kind,
    model: usage.model,
    prompt_tokens: usage.promptTokens,
    cached_tokens: usage.cachedTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    audio_seconds: usage.audioSeconds,
    cost_micros: usage.costMicros,
    day: now.slice(0, 10),
    created_at: now,
  });
}

/** Sums over the ledger. */
export function createUsageStore({ trx }: StoreContext): UsageStore {
  return {
    async ofUser(userId, sinceDay) {
      const sums = await trx
        .selectFrom('usage_entries')
        .select(({ fn }) => [
          fn.sum<number>('prompt_tokens').as('promptTokens'),
          fn.sum<number>('completion_tokens').as('completionTokens'),
          fn.sum<number>('audio_seconds').as('audioSeconds'),
          fn.sum<number>('cost_micros').as('costMicros'),
        ])
        .where('user_id', '=', userId)
        .where('day', '>=', sinceDay)
        .executeTakeFirstOrThrow();
      const { messages } = await trx
        .selectFrom('messages')
        .select(({ fn }) => fn.countAll<number>().as('messages'))
        .where('user_id', '=', userId)
        .where('direction', '=', 'inbound')
        .where('created_at', '>=', sinceDay)
        .executeTakeFirstOrThrow();
      return {
        messages: Number(messages),
        promptTokens: Number(sums.promptTokens ?? 0),
        completionTokens: Number(sums.completionTokens ?? 0),
        audioSeconds: Number(sums.audioSeconds ?? 0),
        costMicros: Number(sums.costMicros ?? 0),
      };
    },

    async totalMicros(sinceDay) {
      const { micros } = await consumed(trx, 'usage_totals', { from: sinceDay })
        .select(({ fn }) => fn.sum<number>('cost_micros').as('micros'))
        .executeTakeFirstOrThrow();
      return Number(micros ?? 0);
    },

    sumEntries: (limit) => sumEntries(trx, limit),
  };
}
