import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from './schema.ts';

/*
 * Who a part is for by now. What was being sent when two people turned out to be one keeps the id of the one who is none any more;
 * wishes and windows are those of the person they have become.
 */

/** Who somebody is by now: themselves, or whoever they have turned out to be. */
export function personNow(userId: RawBuilder<string>): RawBuilder<string> {
  return sql<string>`coalesce((select merged.merged_into from users as merged where merged.id = ${userId}), ${userId})`;
}

/** The same of the person of a part. */
export const personOfPart = personNow(sql<string>`outbound_parts.user_id`);

/** Whether somebody wants no messages by now. */
export function wantsNothing(db: Kysely<Database>, userId: RawBuilder<string>): RawBuilder<SqlBool> {
  return sql<SqlBool>`exists ${db
    .selectFrom('users')
    .select('users.id')
    .where('users.id', '=', personNow(userId))
    .where('users.opted_out_at', 'is not', null)}`;
}
