import type { Kysely, Transaction } from 'kysely';
import type { Stores, UnitOfWork } from '#src/ports/stores.ts';
import type { Clock, NewId } from '#src/ports/system.ts';
import type { SetAlarms } from './alarms.ts';
import { createAttachmentStore } from './attachment-store.ts';
import { createBroadcastStore } from './broadcast-store.ts';
import { createChoiceStore } from './choice-store.ts';
import { createConsentStore } from './consent-store.ts';
import { createConversationStore } from './conversation-store.ts';
import { createCorrectionStore } from './correction-store.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createErasureStore } from './erasure-store.ts';
import { createInboxStore } from './inbox-store.ts';
import { createNoticeStore } from './notice-store.ts';
import { createOutboxStore } from './outbox-store.ts';
import { createOutreachStore } from './outreach-store.ts';
import { createPeopleStore } from './people-store.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database } from './schema.ts';
import { createTemplateStore } from './template-store.ts';
import { createTurnStore } from './turn-store.ts';
import { createUploadStore } from './upload-store.ts';
import { createUsageStore } from './usage-store.ts';
import { createUserStore } from './user-store.ts';
import { createWakeStore } from './wake-store.ts';
import { createWindowStore } from './window-store.ts';

/** What every store needs: its transaction, the time and new ids. */
export interface StoreContext {
  readonly trx: Transaction<Database>;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Where several processes run jobs: tells them that somebody was woken. */
  readonly setAlarms?: SetAlarms | undefined;
}

/** Hands out stores bound to one transaction. SQLite has one connection: whoever is inside holds up everybody else. */
export function createUnitOfWork(deps: { db: Kysely<Database> } & Omit<StoreContext, 'trx'>): UnitOfWork {
  const { db, ...context } = deps;
  return {
    run: (work, until) => runTransaction(db, (trx) => work(bind({ ...context, trx })), until),
  };
}

function bind(context: StoreContext): Stores {
  return {
    users: createUserStore(context),
    people: createPeopleStore(context),
    inbox: createInboxStore(context),
    choices: createChoiceStore(context),
    corrections: createCorrectionStore(context),
    conversations: createConversationStore(context),
    turns: createTurnStore(context),
    attachments: createAttachmentStore(context),
    outbox: createOutboxStore(context),
    uploads: createUploadStore(context),
    deliveries: createDeliveryStore(context),
    usage: createUsageStore(context),
    notices: createNoticeStore(context),
    consents: createConsentStore(context),
    erasures: createErasureStore(context),
    window: createWindowStore(context),
    templates: createTemplateStore(context),
    outreach: createOutreachStore(context),
    broadcasts: createBroadcastStore(context),
    jobs: createWakeStore(context),
  };
}
