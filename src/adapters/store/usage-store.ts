import type { Usage } from '#src/domain/usage.ts';
import type { UsageStore } from '#src/ports/stores.ts';
import { sumEntries } from './sum-usage.ts';
import type { StoreContext } from './unit-of-work.ts';
import { consumed } from './usage-sums.ts';

/** Writes a consumption into the ledger. */
export async function addUsage(
  { trx, clock, newId }: StoreContext,
  usage: Usage,
  of: { userId: string; turnId: string; attachmentId?: string },
): Promise<void> {
  const now = clock.now().toISOString();
  await trx
    .insertInto('usage_entries')
    .values({
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
    })
    .execute();
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
