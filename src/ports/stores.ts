import type { ChannelName, Identity } from '#src/domain/identity.ts';
import type { InboundMessage, MessageType, Verdict } from '#src/domain/message.ts';
import type { Choice } from '#src/domain/outbound.ts';
import type { Reading, SniffedType } from '#src/domain/reading.ts';
import type { AtHand, StoredAttachment, StoredMessage, Turn, TurnStep } from '#src/domain/turn.ts';
import type { Usage } from '#src/domain/usage.ts';
import type { User } from '#src/domain/user.ts';
import type { Arrival } from './arrivals.ts';
import type { BroadcastStore } from './broadcasts.ts';
import type { ChoiceStore } from './choices.ts';
import type { AcceptedMessage, CorrectionStore } from './corrections.ts';
import type { DeliveryStore } from './deliveries.ts';
import type { WakeStore } from './jobs.ts';
import type { OutboxStore } from './outbox.ts';
import type { OutreachStore, TemplateStore, WindowStore } from './outreach.ts';
import type { PeopleStore } from './people.ts';
import type { ConsentStore, ErasureStore } from './privacy.ts';
import type { UploadStore } from './uploads.ts';

/** People and their identities. */
export interface UserStore {
  get(userId: string): Promise<User | undefined>;
  /** Makes every listed phone a known person; people the owner has not decided on follow the rule, at once. */
  seed(rule: { phones: readonly string[]; everyone: boolean }): Promise<void>;
}

/** What has come in. */
export interface InboxStore {
  /**
   * Stores messages, creating people as needed, and says which were new; a message seen before is not among them. Those from the
   * arrival log keep their id and time.
   * @param isWelcome whether a person met for the first time may use the bot
   */
  accept(
    messages: readonly (InboundMessage | Arrival)[],
    isWelcome: (sender: readonly Identity[]) => boolean,
  ): Promise<AcceptedMessage[]>;
  /** Messages of a person that nobody has looked at yet, oldest first. */
  undecided(userId: string): Promise<StoredMessage[]>;
  /** Stores until when the window lasts that these messages were too many for, by message id. */
  limit(until: ReadonlyMap<string, Date>): Promise<void>;
  /**
   * Stores the verdicts on messages that will not be answered, by message id; they count as processed.
   * @throws LostLease when another process has decided about one of them
   */
  leaveUnanswered(verdicts: ReadonlyMap<string, Verdict>): Promise<void>;
  /** Everyone with something unanswered: undecided messages, open turns or unsent parts. */
  usersWithWork(): Promise<string[]>;
  /** The text of the message with this provider id, whoever wrote it, if it belongs to the person's chat. */
  quoted(
    userId: string,
    channel: ChannelName,
    providerId: string,
  ): Promise<{ fromPerson: boolean; text: string } | undefined>;
}

/** An earlier message of a conversation, as history shows it. */
export interface PastMessage {
  readonly id: string;
  readonly fromPerson: boolean;
  readonly text: string;
  readonly attachments: readonly StoredAttachment[];
  /** Of an answer: the message that the history of its prompt began with. */
  readonly historyFrom?: string | undefined;
}

/** Conversations: a person has one active at a time. */
export interface ConversationStore {
  /** The active conversation, created when there is none, because something is said in it now. */
  active(userId: string): Promise<string>;
  /** Ends the active conversation; the next message begins a fresh one. */
  end(userId: string): Promise<void>;
  /** Gives an untitled conversation its title. */
  name(conversationId: string, title: string): Promise<void>;
  /** The newest messages of answered turns before `turnId`, oldest first. */
  history(conversationId: string, options: { beforeTurn: string; limit: number }): Promise<PastMessage[]>;
  /** Files of a conversation that were read before `turnId`, oldest first. */
  files(conversationId: string, options: { beforeTurn: string; limit: number }): Promise<StoredAttachment[]>;
  /** The person's latest voice note (or other sound), in whatever conversation, with what became of it. */
  lastSound(userId: string): Promise<StoredAttachment | undefined>;
}

/** What an answered turn stores, all at once. */
export interface TurnAnswer {
  /** WhatsApp text as the person gets it, before splitting. */
  readonly text: string;
  readonly parts: readonly string[];
  /** Undefined when no model was asked. */
  readonly usage?: Usage | undefined;
  readonly problem?: string | undefined;
  /** How long the model took, in milliseconds. */
  readonly ms?: number | undefined;
  /** The message that the history of the prompt began with; the next prompt begins there too. */
  readonly historyFrom?: string | undefined;
  /** What can be tapped below the last part. */
  readonly choices?: readonly Choice[] | undefined;
}

/** A turn in numbers. */
export interface TurnStory {
  readonly stepMs: Readonly<Record<string, number>>;
  readonly models: readonly string[];
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costMicros: number;
  readonly parts: number;
  readonly problem?: string | undefined;
}

/** Turns and their outcome. */
export interface TurnStore {
  /**
   * Opens a turn for messages that nobody has decided about yet: they are allowed. Their order is kept.
   * @throws LostLease when another process has decided about one of them
   */
  open(turn: { userId: string; conversationId: string; messageIds: readonly string[] }): Promise<void>;
  /** Counts that the work on a turn is begun again after a process ended under it; how often that is now. */
  repeated(turnId: string): Promise<number>;
  /** The oldest unfinished turn. */
  next(userId: string): Promise<Turn | undefined>;
  /**
   * Stores the answer, the outbound message with its parts, and the consumption; the turn is `answered` then.
   * @returns the answered turn with its parts, the first of them begun: whoever stores an answer sends it next
   * @throws LostLease when the turn is no longer open
   */
  answer(turn: Turn, answer: TurnAnswer): Promise<AtHand>;
  /**
   * Ends a turn: all parts are out, or it failed for good.
   * @param outcome.ms how long sending took
   * @returns its story; undefined, and nothing happens, when it is over already or parts are waiting
   */
  finish(
    turnId: string,
    outcome: { failed?: string | undefined; ms?: number | undefined },
  ): Promise<TurnStory | undefined>;
  addStep(turnId: string, step: TurnStep): Promise<void>;
  /** Corrects the type of a message once its files are known by content. */
  setMessageType(messageId: string, type: MessageType): Promise<void>;
}

/** Files and what was read in them. */
export interface AttachmentStore {
  fetched(
    id: string,
    file: { path: string; bytes: number; sniffed: SniffedType; mislabelled: boolean },
  ): Promise<void>;
  /** Stores a reading and what it cost, together: what was paid for is never paid again. */
  read(
    id: string,
    result: { reading: Reading; usage: readonly Usage[]; userId: string; turnId: string; ms: number },
  ): Promise<void>;
  /** Stores a scanned page's text as soon as it was paid for; `read` supersedes them. */
  keepPage(
    id: string,
    page: { page: number; text: string; usage: Usage; userId: string; turnId: string },
  ): Promise<void>;
  keptPages(id: string): Promise<{ page: number; text: string }[]>;
  /** Files on disk older than the date. */
  olderThan(date: Date, limit: number): Promise<{ id: string; path: string }[]>;
  forgetFile(id: string): Promise<void>;
}

/** Totals of a person or of everybody over some UTC days. */
export interface UsageTotals {
  readonly messages: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly audioSeconds: number;
  readonly costMicros: number;
}

/** The ledger of what was consumed. */
export interface UsageStore {
  /** @param sinceDay UTC day, `2026-11-21`, inclusive */
  ofUser(userId: string, sinceDay: string): Promise<UsageTotals>;
  /** Micro-dollars everybody together cost since the day. */
  totalMicros(sinceDay: string): Promise<number>;
  /**
   * Adds entries to the sums of their days, newest days first and each entry once, whenever and wherever it is called.
   * @param limit entries at most
   * @returns how many were added; fewer than `limit` when no more are left, or another process is at it
   */
  sumEntries(limit: number): Promise<number>;
}

export type NoticeKind =
  | 'not_whitelisted'
  | 'inactive'
  | 'rate_limited'
  | 'budget_80'
  | 'total_budget_80'
  | 'already_started'
  | 'promotions_stopped'
  | 'asked_privacy'
  | 'asked_export'
  | 'asked_forget'
  | 'forget_asked'
  | 'link_refused';

/** Things that are said at most once in a while. */
export interface NoticeStore {
  /** True for the first caller until `expiresAt`; a claim in a rolled-back transaction never happened. */
  claim(userId: string, kind: NoticeKind, expiresAt: Date): Promise<boolean>;
  /** Says it anew: it holds until `expiresAt`, whatever was said before. */
  renew(userId: string, kind: NoticeKind, expiresAt: Date): Promise<void>;
  /** Whether something that was said still holds. */
  holds(userId: string, kind: NoticeKind): Promise<boolean>;
}

/** Every store, bound to one transaction. Nothing but stores may be awaited while it is open. */
export interface Stores {
  readonly users: UserStore;
  readonly people: PeopleStore;
  readonly inbox: InboxStore;
  readonly choices: ChoiceStore;
  readonly corrections: CorrectionStore;
  readonly conversations: ConversationStore;
  readonly turns: TurnStore;
  readonly attachments: AttachmentStore;
  readonly outbox: OutboxStore;
  readonly uploads: UploadStore;
  readonly deliveries: DeliveryStore;
  readonly usage: UsageStore;
  readonly notices: NoticeStore;
  readonly consents: ConsentStore;
  readonly erasures: ErasureStore;
  readonly window: WindowStore;
  readonly templates: TemplateStore;
  readonly outreach: OutreachStore;
  readonly broadcasts: BroadcastStore;
  readonly jobs: WakeStore;
}

/**
 * When a unit of work is over. `durable`: it survives a power cut. `committed`: everybody sees it and it survives the end of this
 * process, but a power cut may take it back together with everything that came after it; for what only reads, and for steps that
 * would simply be done again, because nothing outside has heard of them.
 */
export type Durability = 'durable' | 'committed';

/** Runs work in one transaction: all of it or nothing. */
export interface UnitOfWork {
  /** @param until `durable` unless said otherwise */
  run<T>(work: (stores: Stores) => Promise<T>, until?: Durability): Promise<T>;
}
