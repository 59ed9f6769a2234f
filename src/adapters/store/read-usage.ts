import type { ExpressionBuilder, Kysely } from 'kysely';
import type { ReadModel, UsageDimension, UsageTotals } from '#src/ports/read-model.ts';
import type { Database } from './schema.ts';

const columnOf = { day: 'day', user: 'user_id', model: 'model' } as const satisfies Record<
  UsageDimension,
  string
>;

/** The usage part of the read model: the ledger added up by the database, never in memory. */
export function createUsageReads(db: Kysely<Database>): Pick<ReadModel, 'sumUsage'> {
  return {
    async sumUsage({ from, to, userId, groupBy, maxLines }) {
      let entries = db.selectFrom('usage_entries').where('day', '>=', from).where('day', '<=', to);
      if (userId) entries = entries.where('user_id', '=', userId);

      const totals = toTotals(await entries.select(sums).executeTakeFirstOrThrow());
      if (groupBy.length === 0) return { lines: [], totals, isCut: false };

      const columns = groupBy.map((dimension) => columnOf[dimension]);
      let grouped = entries.groupBy(columns).select(columns).select(sums);
      if (columns.includes('day')) grouped = grouped.orderBy('day', 'desc');
      grouped = grouped.orderBy('cost_micros', 'desc');
      // What is left makes the order of equals certain.
      for (const column of columns) if (column !== 'day') grouped = grouped.orderBy(column);
      const rows = await grouped.limit(maxLines + 1).execute();

      const lines = rows.slice(0, maxLines).map((row) => ({
        day: row.day ?? null,
        user_id: row.user_id ?? null,
        model: row.model ?? null,
        ...toTotals(row),
      }));
      return { lines, totals, isCut: rows.length > maxLines };
    },
  };
}

function sums(eb: ExpressionBuilder<Database, 'usage_entries'>) {
  return [
    eb.fn.countAll().as('calls'),
    eb.fn.sum('usage_entries.prompt_tokens').as('prompt_tokens'),
    eb.fn.sum('usage_entries.cached_tokens').as('cached_tokens'),
    eb.fn.sum('usage_entries.completion_tokens').as('completion_tokens'),
    eb.fn.sum('usage_entries.total_tokens').as('total_tokens'),
    eb.fn.sum('usage_entries.audio_seconds').as('audio_seconds'),
    eb.fn.sum('usage_entries.cost_micros').as('cost_micros'),
  ] as const;
}

type Sum = string | number | bigint | null;

/** Engines return sums as number, text or null (no rows); the API returns numbers. */
function toTotals(row: Record<Exclude<keyof UsageTotals, 'cost_usd'> | 'cost_micros', Sum>): UsageTotals {
  return {
    calls: Number(row.calls),
    prompt_tokens: Number(row.prompt_tokens ?? 0),
    cached_tokens: Number(row.cached_tokens ?? 0),
    completion_tokens: Number(row.completion_tokens ?? 0),
    total_tokens: Number(row.total_tokens ?? 0),
    // Milliseconds are all a sum of floating-point seconds can honestly claim.
    audio_seconds: Math.round(Number(row.audio_seconds ?? 0) * 1000) / 1000,
    cost_usd: Number(row.cost_micros ?? 0) / 1_000_000,
  };
}
