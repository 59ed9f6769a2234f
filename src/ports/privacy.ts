import type { MarketingPreference } from '#src/domain/channel-event.ts';
import type { ConsentAction, ConsentSource, ConsentType } from '#src/domain/consent.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { MessageType, Verdict } from '#src/domain/message.ts';

/** How a wish became known. */
export interface ConsentOrigin {
  readonly source: ConsentSource;
  readonly channel?: ChannelName | undefined;
  /** The message that says it. */
  readonly messageId?: string | undefined;
  /** Which version of our words answers it; undefined when nothing is said. */
  readonly wordingVersion?: string | undefined;
  /** The provider's code. */
  readonly detail?: string | undefined;
}

/** A message that is not answered because of a wish. */
export interface LeftUnanswered {
  readonly id: string;
  readonly channel: ChannelName;
  readonly type: MessageType;
  readonly verdict: Verdict;
}

/** A change of somebody's wish. */
export interface WishChange {
  /** False when it was their wish before. */
  readonly isNew: boolean;
  /** Messages that waited to be looked at, and are left unanswered now. */
  readonly left: readonly LeftUnanswered[];
}

/** Who wants messages, and the log of who said so. */
export interface ConsentStore {
  /**
   * From now on nothing is sent to the person: what is queued is dropped with a reason, turns that are under way end without an
   * answer, and what they sent up to the message that says it stays unanswered.
   */
  stop(userId: string, origin: ConsentOrigin): Promise<WishChange>;
  /** The person wants messages again. What they sent before the message that says it stays unanswered, if they had stopped. */
  start(userId: string, origin: ConsentOrigin): Promise<WishChange>;
  /** Notes that the person agreed without having stopped, unless the log ends with just that. */
  note(userId: string, origin: ConsentOrigin): Promise<void>;
  /** The person wants nothing that goes to many; answers they still get. False when that was known. */
  stopMarketing(userId: string, origin: ConsentOrigin): Promise<boolean>;
  /**
   * Applies and logs what people have told WhatsApp about messages that go to many. The latest word counts, whatever order they come
   * in; repeated or late ones change nothing. People nobody knows are left out.
   * @returns whose wish is another one now
   */
  prefer(preferences: readonly MarketingPreference[]): Promise<string[]>;
}

/** One entry of the consent log, as the API shows it. */
export interface ConsentView {
  readonly id: string;
  readonly type: ConsentType;
  readonly action: ConsentAction;
  readonly source: ConsentSource;
  readonly channel: ChannelName | null;
  readonly message_id: string | null;
  readonly wording_version: string | null;
  /** The provider's code, when it is the one who told. */
  readonly detail: string | null;
  readonly created_at: string;
}

/** Something a provider still keeps. */
export interface ErasureItem {
  readonly id: string;
  readonly channel: ChannelName;
  readonly kind: 'message' | 'file';
  readonly value: string;
}

/**
 * Forgets people. Only what they cost stays, under an id that leads to nobody. Every method may be repeated, and does not mind a
 * person who is gone already.
 */
export interface ErasureStore {
  /** Who this person is by now, if they turned out to be somebody else; undefined when nobody is left. */
  whoIs(userId: string): Promise<string | undefined>;
  /** Who turned out to be this person. */
  mergedInto(userId: string): Promise<string[]>;
  /**
   * Makes the person unknown: name, identities, consent log and notices go at once, and nobody can write them back. Whoever writes
   * from their number is somebody new. False when there is no such person.
   */
  forget(userId: string): Promise<boolean>;
  /**
   * Erases up to `limit` messages of a forgotten person with their files and parts, noting what providers keep of them.
   * @returns how many there were; 0 when all are gone, and with them conversations and turns
   */
  eraseMessages(userId: string, limit: number): Promise<number>;
  /** What providers are still to delete, files before the messages they belong to; `after` an id, if given. */
  atProvider(userId: string, options: { after: string; limit: number }): Promise<readonly ErasureItem[]>;
  /** Notes that providers have deleted these. */
  deleted(ids: readonly string[]): Promise<void>;
  /** Forgotten people of whom a provider still keeps something. */
  usersAtProvider(): Promise<string[]>;
}

/** A file with a person's own data. */
export interface PersonExport {
  /** Absolute path; gone after some hours. */
  readonly path: string;
  readonly bytes: number;
  readonly link: string | undefined;
  readonly hours: number;
}

/** A person's own data in one file, for them. */
export interface PersonExports {
  /**
   * Writes what is stored about a person as JSON; an earlier file of theirs is replaced.
   * @returns where it is, and the link under which it can be fetched for some hours: none without a public address
   */
  make(userId: string): Promise<PersonExport>;
  /** The file a link leads to; undefined for a link that is forged, over, or replaced. */
  open(token: string): Promise<{ readonly path: string; readonly bytes: number } | undefined>;
  /** Removes every file of a person. */
  remove(userId: string): Promise<void>;
  /** Removes files whose links are over; how many. */
  removeOld(): Promise<number>;
}

/** Reads everything that is stored about a person, piece by piece, as the text of one JSON document. */
export type ReadPerson = (userId: string) => AsyncIterable<string>;
