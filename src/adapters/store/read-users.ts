import { type Kysely, sql } from 'kysely';
import type { ConsentView } from '#src/ports/privacy.ts';
import type { ReadModel, UserView } from '#src/ports/read-model.ts';
import { followMerged } from './follow-merged.ts';
import { readPage } from './read-pages.ts';
import type { Database, UserRow } from './schema.ts';

/** The people part of the read model. */
export function createUserReads(
  db: Kysely<Database>,
): Pick<ReadModel, 'listUsers' | 'findUser' | 'listConsents'> {
  return {
    async listUsers({ search }, page) {
      let query = db.selectFrom('users').selectAll().where('erased_at', 'is', null);
      if (search) {
        // ESCAPE is standard SQL, but engines differ in its default, so it is always given.
        const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
        query = query.where((eb) =>
          eb.or(
            (['whatsapp_name', 'phone_number', 'username'] as const).map(
              (column) => sql<boolean>`lower(${eb.ref(column)}) like lower(${pattern}) escape '\\'`,
            ),
          ),
        );
      }
      return readPage(query, page, toUserView);
    },

    async findUser(id) {
      const row = await followMerged(db, id);
      return row ? toUserView(row) : null;
    },

    async listConsents(userId) {
      const user = await followMerged(db, userId);
      return user ? readConsents(db, user.id) : null;
    },
  };
}

/** The consent log of a person, newest first: people change their mind a few times, not a thousand. */
export async function readConsents(db: Kysely<Database>, userId: string): Promise<ConsentView[]> {
  return db
    .selectFrom('consents')
    .select([
      'id',
      'type',
      'action',
      'source',
      'channel',
      'message_id',
      'wording_version',
      'detail',
      'created_at',
    ])
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(1_000)
    .execute();
}

/** A row of `users` as the owner sees it. */
export function toUserView(row: UserRow): UserView {
  return {
    id: row.id,
    phone_number: row.phone_number,
    whatsapp_name: row.whatsapp_name,
    username: row.username,
    is_whitelisted: row.is_whitelisted === 1,
    is_active: row.is_active === 1,
    access_decided_by: row.access_decided_by,
    is_simulated: row.is_simulated === 1,
    created_at: row.created_at,
    updated_at: row.updated_at,
    last_seen_at: row.last_seen_at,
    opted_out_at: row.opted_out_at,
    marketing_opted_out_at: row.marketing_opted_out_at,
  };
}
