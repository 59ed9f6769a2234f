import { type Kysely, type RawBuilder, sql } from 'kysely';
import { isUnsummed } from './partial-indexes.ts';
import type { Database } from './schema.ts';
import type { UsageDayRow } from './usage-tables.ts';

/** What is added up of an entry, beside the calls. */
export const measures = [
  'prompt_tokens',
  'cached_tokens',
  'completion_tokens',
  'total_tokens',
  'audio_seconds',
  'cost_micros',
] as const satisfies readonly (keyof UsageDayRow)[];

/** Which part of the ledger: UTC days, both inclusive. */
interface UsageRange {
  readonly from: string;
  readonly to?: string | undefined;
  readonly userId?: string | undefined;
}

/**
 * What was consumed, to be added up: the sums of days, and entry by entry what they do not hold yet. An entry is in one of the two at
 * any moment; both are read in one statement, so that none is missed or counted twice while sums are made.
 * @param sums `usage_totals` where nothing depends on single people: `user_id` is empty then
 */
export function consumed(
  db: Pick<Kysely<Database>, 'selectFrom'>,
  sums: 'usage_days' | 'usage_totals',
  { userId, ...range }: UsageRange,
) {
  const person = sums === 'usage_days' ? sql.ref('user_id') : sql.lit('');
  const columns = sql.raw(`day, model, ${measures.join(', ')}`);
  const days = daysOf(range);
  // Day by day, which is how these sums are indexed.
  const summedOfOne = sql`day in (select day from usage_totals where ${days}) and user_id = ${userId}`;
  // Not by the person's own index, which knows every entry there ever was.
  const unsummedOfOne = sql`${days} and user_id || '' = ${userId}`;
  const rows = sql<UsageDayRow>`(
    select ${person} as user_id, calls, ${columns} from ${sql.table(sums)} where ${userId === undefined ? days : summedOfOne}
    union all
    select user_id, 1 as calls, ${columns} from usage_entries where ${isUnsummed} and ${userId === undefined ? days : unsummedOfOne})`;
  return db.selectFrom(rows.as<'consumed'>(sql.ref('consumed')));
}

function daysOf({ from, to }: Omit<UsageRange, 'userId'>): RawBuilder<unknown> {
  return to === undefined ? sql`day >= ${from}` : sql`day >= ${from} and day <= ${to}`;
}
