import type { Kysely } from 'kysely';
import type { Database, UserRow } from './schema.ts';

/** The person an id leads to, also when they turned out to be somebody else; undefined when nobody is left under it. */
export async function followMerged(db: Kysely<Database>, userId: string): Promise<UserRow | undefined> {
  const user = await db.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirst();
  // Who was merged counts as erased, so that comes first.
  if (user && user.merged_into !== null) return followMerged(db, user.merged_into);
  return user?.erased_at === null ? user : undefined;
}
