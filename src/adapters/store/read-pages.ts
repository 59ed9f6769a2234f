import type {
  ExpressionBuilder,
  ExpressionWrapper,
  ReferenceExpression,
  SelectQueryBuilder,
  SqlBool,
} from 'kysely';
import type { Page, PageRequest, Place } from '#src/ports/read-model.ts';
import type { Database } from './schema.ts';

type Listed = 'users' | 'conversations' | 'messages' | 'broadcasts' | 'broadcast_recipients';

/** A page of what `query` finds, newest first. */
export async function readPage<Table extends Listed, Row extends { id: string; created_at: string }, View>(
  query: SelectQueryBuilder<Database, Table, Row>,
  page: PageRequest,
  toView: (row: Row) => View,
): Promise<Page<View>> {
  return toPage(await readBehind(query, page.after, page.limit), page, toView);
}

/** The `limit` newest rows behind a place, and one more if there is any: it tells that there is another page. */
export async function readBehind<Table extends Listed, Row>(
  query: SelectQueryBuilder<Database, Table, Row>,
  place: Place | null | undefined,
  limit: number,
): Promise<Row[]> {
  const rest = place ? query.where((eb) => isBehind(eb, place)) : query;
  const rows = await rest
    .orderBy('created_at' as ReferenceExpression<Database, Table>, 'desc')
    .orderBy('id' as ReferenceExpression<Database, Table>, 'desc')
    .limit(limit + 1)
    .execute();
  return rows as Row[];
}

/**
 * The condition "behind this place" of a list ordered by created_at, id, both descending. The first half is a plain range, so that
 * a far page is found through the index; from the `or` alone neither engine sees where to begin.
 */
function isBehind<Table extends Listed>(
  eb: ExpressionBuilder<Database, Table>,
  place: Place,
): ExpressionWrapper<Database, Table, SqlBool> {
  const createdAt = 'created_at' as ReferenceExpression<Database, Table>;
  const id = 'id' as ReferenceExpression<Database, Table>;
  return eb.and([
    eb(createdAt, '<=', place.createdAt as never),
    eb.or([eb(createdAt, '<', place.createdAt as never), eb(id, '<', place.id as never)]),
  ]);
}

/** Cuts the one row that was read too many and remembers where the next page begins. */
function toPage<Row extends { id: string; created_at: string }, View>(
  rows: Row[],
  page: PageRequest,
  toView: (row: Row) => View,
): Page<View> {
  const kept = rows.slice(0, page.limit);
  const last = kept.at(-1);
  return {
    items: kept.map(toView),
    next: rows.length > page.limit && last ? { createdAt: last.created_at, id: last.id } : null,
  };
}
