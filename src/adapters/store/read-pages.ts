import type { ExpressionBuilder, ExpressionWrapper, ReferenceExpression, SqlBool } from 'kysely';
import type { Page, PageRequest, Place } from '#src/ports/read-model.ts';
import type { Database } from './schema.ts';

/**
 * The condition "behind this place" of a list ordered by created_at, id, both descending. The first half is a plain range, so that
 * a far page is found through the index; from the `or` alone neither engine sees where to begin.
 */
export function isBehind<Table extends 'users' | 'conversations' | 'messages'>(
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
export function toPage<Row extends { id: string; created_at: string }, View>(
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
