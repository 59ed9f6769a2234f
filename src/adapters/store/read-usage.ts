import type { ExpressionBuilder, Kysely } from 'kysely';
import type { ReadModel, UsageDimension, UsageFilter, UsageTotals } from '#src/ports/read-model.ts';
import type { Database } from './schema.ts';
import { consumed } from './usage-sums.ts';
import type { UsageDayRow } from './usage-tables.ts';

const columnOf = { day: 'day', user: 'user_id', model: 'model' } as const satisfies Record<
  UsageDimension,
  string
>;

/** The usage part of the read model: the ledger added up by the database, never in memory. */
export function createUsageReads(db: Kysely<Database>): Pick<ReadModel, 'sumUsage'> {
  return {
    async sumUsage(filter) {
      const { from, to, userId, groupBy, maxLines } = filter;
      const range = { from, to, userId };
      const everybody = userId === undefined ? 'usage_totals' : 'usage_days';
      const totals = toTotals(await consumed(db, everybody, range).select(sums).executeTakeFirstOrThrow());
      if (groupBy.length === 0) return { lines: [], totals, isCut: false };

      const columns = groupBy.map((dimension) => columnOf[dimension]);
      const since = await firstDayShown(db, filter);
      const entries = consumed(db, groupBy.includes('user') ? 'usage_days' : everybody, {
        ...range,
        from: since,
      });
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

/**
 * The day before which nothing can be among the lines returned, because the newest days alone have more of them: the work is that
 * for the lines of an answer, however many days and people were asked for.
 */
async function firstDayShown(
  db: Kysely<Database>,
  { from, to, userId, groupBy, maxLines }: UsageFilter,
): Promise<string> {
  if (userId !== undefined || !groupBy.includes('day') || !groupBy.includes('user')) return from;
  const row = await db
    .selectFrom('usage_days')
    .select(['day', 'user_id'])
    .$if(groupBy.includes('model'), (query) => query.select('model'))
    .distinct()
    .where('day', '>=', from)
    .where('day', '<=', to)
    .orderBy('day', 'desc')
    .offset(maxLines)
    .limit(1)
    .executeTakeFirst();
  return row?.day ?? from;
}

function sums(eb: ExpressionBuilder<{ consumed: UsageDayRow }, 'consumed'>) {
  return [
    eb.fn.sum('consumed.calls').as('calls'),
    eb.fn.sum('consumed.prompt_tokens').as('prompt_tokens'),
    eb.fn.sum('consumed.cached_tokens').as('cached_tokens'),
    eb.fn.sum('consumed.completion_tokens').as('completion_tokens'),
    eb.fn.sum('consumed.total_tokens').as('total_tokens'),
    eb.fn.sum('consumed.audio_seconds').as('audio_seconds'),
    eb.fn.sum('consumed.cost_micros').as('cost_micros'),
  ] as const;
}

type Sum = string | number | bigint | null;

/** Engines return sums as number, text or null (no rows); the API returns numbers. */
function toTotals(row: Record<Exclude<keyof UsageTotals, 'cost_usd'> | 'cost_micros', Sum>): UsageTotals {
  return {
    calls: Number(row.calls ?? 0),
    prompt_tokens: Number(row.prompt_tokens ?? 0),
    cached_tokens: Number(row.cached_tokens ?? 0),
    completion_tokens: Number(row.completion_tokens ?? 0),
    total_tokens: Number(row.total_tokens ?? 0),
    // Milliseconds are all a sum of floating-point seconds can honestly claim.
    audio_seconds: Math.round(Number(row.audio_seconds ?? 0) * 1000) / 1000,
    cost_usd: Number(row.cost_micros ?? 0) / 1_000_000,
  };
}
