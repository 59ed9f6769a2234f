import { type Kysely, sql } from 'kysely';
import { isUnsummed } from './partial-indexes.ts';
import type { Database } from './schema.ts';
import { measures } from './usage-sums.ts';

/**
 * Adds entries to the sums of their days, and everybody's. Inside a transaction: an entry is marked and counted, or neither.
 * Another process that marks the same ones waits for this transaction and then finds them taken.
 * @returns how many entries were added
 */
export async function sumEntries(trx: Kysely<Database>, limit: number): Promise<number> {
  const marked = await trx
    .updateTable('usage_entries')
    .set({ is_summed: 1 })
    .where('id', 'in', (entries) =>
      entries
        .selectFrom('usage_entries')
        .select('id')
        .where(isUnsummed)
        // The newest days are asked for most; people in order, because their sums are neighbors.
        .orderBy('day', 'desc')
        .orderBy('user_id', 'desc')
        .limit(limit),
    )
    .where(isUnsummed)
    .returning('id')
    .execute();
  if (marked.length === 0) return 0;
  const ids = marked.map(({ id }) => id);
  await addTo(trx, 'usage_days', ['day', 'user_id', 'model'], ids);
  await addTo(trx, 'usage_totals', ['day', 'model'], ids);
  return ids.length;
}

async function addTo(
  trx: Kysely<Database>,
  sums: 'usage_days' | 'usage_totals',
  keys: readonly string[],
  ids: readonly string[],
): Promise<void> {
  const names = sql.raw(keys.join(', '));
  const sumOfEach = sql.raw(measures.map((name) => `sum(${name})`).join(', '));
  const additions = sql.raw(
    ['calls', ...measures].map((name) => `${name} = ${sums}.${name} + excluded.${name}`).join(', '),
  );
  // In a certain order, so that two processes do not wait for each other.
  await sql`insert into ${sql.table(sums)} (${names}, calls, ${sql.raw(measures.join(', '))})
    select ${names}, count(*), ${sumOfEach} from usage_entries where id in (${sql.join(ids)})
    group by ${names} order by ${names}
    on conflict (${names}) do update set ${additions}`.execute(trx);
}
