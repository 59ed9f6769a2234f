import type { BroadcastContent, BroadcastState, Recipient, RecipientState } from '#src/domain/broadcast.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { PartAddress } from './outbox.ts';
import type { Addressee } from './outreach.ts';
import type { Page, PageRequest } from './read-model.ts';

/** What decides how somebody can be reached. */
export interface PersonFacts {
  readonly person: Addressee;
  /** Where they wrote last on each channel, the latest first. */
  readonly used: readonly PartAddress[];
  /** When they last wrote, by channel, where that may be less than a day ago; milliseconds. */
  readonly wroteAt: ReadonlyMap<ChannelName, number>;
}

/** A recipient of a new broadcast: waiting, or left out with a reason. */
export interface PlannedRecipient extends Recipient {
  readonly userId: string | undefined;
  readonly skipped: { readonly code: string; readonly words: string } | undefined;
}

/** A broadcast as it is made. */
export interface NewBroadcast {
  readonly name: string | undefined;
  readonly content: BroadcastContent;
  readonly recipients: readonly PlannedRecipient[];
  readonly idempotency: { readonly key: string; readonly digest: string } | undefined;
}

/** A recipient whose turn it is. */
export interface WaitingRecipient extends Recipient {
  readonly id: string;
  readonly userId: string | undefined;
}

/** What becomes of a recipient whose turn it was. */
export type HandOut =
  | { readonly messageId: string; readonly userId: string }
  | { readonly skipped: { readonly code: string; readonly words: string } };

/** Broadcasts, in a transaction. */
export interface BroadcastStore {
  /** What is known of people, for many at once, in the order they are asked for. */
  people(recipients: readonly Recipient[], since: Date): Promise<(PersonFacts | undefined)[]>;
  /** @throws when the key was taken meanwhile: then nothing of this transaction happens. @returns its id */
  create(broadcast: NewBroadcast): Promise<string>;
  earlier(key: string): Promise<{ readonly broadcastId: string; readonly digest: string } | undefined>;
  /** A broadcast, which nobody else changes until the end of the transaction. */
  take(
    id: string,
  ): Promise<{ readonly state: BroadcastState; readonly content: BroadcastContent } | undefined>;
  /** @param change.isFresh what failed before says nothing about how it goes from now on */
  change(
    id: string,
    change: { state: BroadcastState; reason?: string | undefined; isFresh?: boolean },
  ): Promise<void>;
  /** The next ones in the order of the list. */
  waiting(id: string, limit: number): Promise<WaitingRecipient[]>;
  /** False when they were not waiting any more. */
  handOut(recipientId: string, outcome: HandOut): Promise<boolean>;
  /** Whether somebody has got their message already, under whatever name. */
  hasGot(id: string, userId: string): Promise<boolean>;
  /** How many messages are in people's lanes and not out yet. */
  countPending(id: string): Promise<number>;
  /** Of those handed out last that came to something. */
  latestOutcomes(id: string, limit: number): Promise<{ finished: number; failed: number }>;
  /** Takes what has not begun out of people's lanes, until it is put back. @returns whose lanes */
  callBack(id: string): Promise<string[]>;
  /** Puts what was called back into its lanes again. @returns whose lanes, which the caller wakes */
  putBack(id: string): Promise<string[]>;
  /** Leaves out everybody who still waits, and ends what was called back. */
  skipWaiting(id: string, reason: { code: string; words: string }): Promise<void>;
  /** Has everybody wait again whose message failed. @returns how many */
  requeueFailed(id: string): Promise<number>;
  /** Those that hand out. */
  running(): Promise<string[]>;
}

/** A broadcast as the owner sees it. */
export interface BroadcastView {
  readonly id: string;
  readonly name: string | null;
  readonly state: BroadcastState;
  readonly reason: string | null;
  readonly content: BroadcastContent;
  readonly total: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The same with how far its recipients are. */
export interface BroadcastDetailView extends BroadcastView {
  readonly progress: Readonly<Record<RecipientState, number>>;
}

/** One of those it is for. */
export interface BroadcastRecipientView {
  readonly id: string;
  readonly position: number;
  readonly recipient: string;
  readonly user_id: string | null;
  readonly message_id: string | null;
  readonly state: RecipientState;
  readonly reason_code: string | null;
  readonly reason: string | null;
  readonly tries: number;
  readonly handed_at: string | null;
}

/** The broadcasts part of the read model. */
export interface BroadcastReads {
  listBroadcasts(page: PageRequest): Promise<Page<BroadcastView>>;
  findBroadcast(id: string): Promise<BroadcastDetailView | null>;
  /** The last of the list first. */
  listRecipients(
    broadcastId: string,
    filter: { state?: RecipientState | undefined },
    page: PageRequest,
  ): Promise<Page<BroadcastRecipientView>>;
}
