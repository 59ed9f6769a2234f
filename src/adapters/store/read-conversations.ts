import type { Kysely } from 'kysely';
import type { ConversationView, ReadModel } from '#src/ports/read-model.ts';
import { readPage } from './read-pages.ts';
import type { ConversationRow, Database } from './schema.ts';

/** The conversations part of the read model. */
export function createConversationReads(
  db: Kysely<Database>,
): Pick<ReadModel, 'listConversations' | 'findConversation'> {
  return {
    async listConversations({ userId }, page) {
      let query = db.selectFrom('conversations').selectAll();
      if (userId) query = query.where('user_id', '=', userId);
      return readPage(query, page, toView);
    },

    async findConversation(id) {
      const row = await db.selectFrom('conversations').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toView(row) : null;
    },
  };
}

function toView(row: ConversationRow): ConversationView {
  return {
    id: row.id,
    user_id: row.user_id,
    title: row.title,
    is_active: row.is_active === 1,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}
