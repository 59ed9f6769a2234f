import type { Kysely } from 'kysely';
import type { ReadModel } from '#src/ports/read-model.ts';
import { createBroadcastReads } from './read-broadcasts.ts';
import { createConversationReads } from './read-conversations.ts';
import { createMessageReads } from './read-messages.ts';
import { createUsageReads } from './read-usage.ts';
import { createUserReads } from './read-users.ts';
import type { Database } from './schema.ts';

/** The read side of the store: plain queries, no transaction, nothing is written. */
export function createReadModel(db: Kysely<Database>): ReadModel {
  return {
    ...createUserReads(db),
    ...createConversationReads(db),
    ...createMessageReads(db),
    ...createUsageReads(db),
    ...createBroadcastReads(db),
  };
}
