import type { Kysely, Transaction } from 'kysely';
import type { Stores, UnitOfWork } from '#src/ports/stores.ts';
import type { Clock, NewId } from '#src/ports/system.ts';
import { createAttachmentStore } from './attachment-store.ts';
import { createConversationStore } from './conversation-store.ts';
import { createInboxStore } from './inbox-store.ts';
import { createNoticeStore } from './notice-store.ts';
import { createOutboxStore } from './outbox-store.ts';
import type { Database } from './schema.ts';
import { createTurnStore } from './turn-store.ts';
import { createUsageStore } from './usage-store.ts';
import { createUserStore } from './user-store.ts';
import { createWakeStore } from './wake-store.ts';

/** What every store needs: its transaction, the time and new ids. */
export interface StoreContext {
  readonly trx: Transaction<Database>;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Hands out stores bound to one transaction. SQLite has one connection: whoever is inside holds up everybody else. */
export function createUnitOfWork(deps: { db: Kysely<Database>; clock: Clock; newId: NewId }): UnitOfWork {
  const { db, clock, newId } = deps;
  return {
    run: (work) => db.transaction().execute((trx) => work(bind({ trx, clock, newId }))),
  };
}

function bind(context: StoreContext): Stores {
  return {
    users: createUserStore(context),
    inbox: createInboxStore(context),
    conversations: createConversationStore(context),
    turns: createTurnStore(context),
    attachments: createAttachmentStore(context),
    outbox: createOutboxStore(context),
    usage: createUsageStore(context),
    notices: createNoticeStore(context),
    jobs: createWakeStore(context),
  };
}
