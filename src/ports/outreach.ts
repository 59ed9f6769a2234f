import type { TemplateReport } from '#src/domain/channel-event.ts';
import type { ChannelName, Identity } from '#src/domain/identity.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { Template } from '#src/domain/template.ts';
import type { PartAddress, PartAtHand } from './outbox.ts';

/** Why a part waits for its person, as it is written on it. */
export interface HoldReason {
  readonly code: string;
  /** In plain words for the owner. */
  readonly words: string;
}

/** When people last wrote, and what is held until they write again. */
export interface WindowStore {
  /** When the person last wrote on a channel, by the provider's clock where it is known; undefined when they never did. */
  lastWrote(userId: string, channel: ChannelName): Promise<Date | undefined>;
  /**
   * Keeps a part until its person writes. Attempts made so far say nothing against it.
   * @returns false when it is no longer as it was seen
   */
  hold(part: PartAtHand, reason: HoldReason): Promise<boolean>;
  /** Whether the person wants no messages by now. */
  hasOptedOut(userId: string): Promise<boolean>;
  /**
   * Notes that something is held for a person, and whether they are told so now.
   * @returns true when nothing was, when they have written since, or when they could not be told so far
   */
  markHeld(userId: string, options: { readonly isTold: boolean }): Promise<boolean>;
  /** Notes that the part with which a person was to be told did not reach them because of its template. */
  untold(partId: string): Promise<void>;
  /** People for whom something is held on a channel without their knowing, and who may be told; `after` an id, if given. */
  whoIsUntold(
    channel: ChannelName,
    options: { after: string; limit: number },
  ): Promise<readonly (PartAddress & { readonly userId: string })[]>;
  /**
   * The person has written: what is held for them is queued again, in its old order, for where they wrote from. What was meant for
   * another channel comes along if all of it fits; otherwise it waits for that one.
   */
  release(userId: string, address: PartAddress & { readonly textUnits: number }): Promise<void>;
}

/** Lists what the account at a provider has. */
export interface TemplateCatalog {
  readonly channel: ChannelName;
  /** Every template of the account. @throws ProviderUnavailable or ProviderRefused */
  list(options: { readonly signal: AbortSignal }): Promise<readonly Template[]>;
}

/** A template as it is stored. */
export interface StoredTemplate extends Template {
  /** When something was last heard of it. */
  readonly updatedAt: Date;
}

/** Templates as providers last told of them. */
export interface TemplateStore {
  /** Every template, by channel and name. */
  all(): Promise<StoredTemplate[]>;
  /** All languages of a template; on every channel unless one is given. */
  named(name: string, channel?: ChannelName): Promise<StoredTemplate[]>;
  /** Puts what a provider lists in the place of what was known of it. */
  replace(channel: ChannelName, templates: readonly Template[]): Promise<void>;
  /** A provider tells of a template's new state or quality; what was never listed waits for the next list. */
  report(reports: readonly TemplateReport[]): Promise<void>;
}

/** Whom a message is to reach. */
export type AddresseeKey = { readonly userId: string } | { readonly identity: Identity };

/** A person as somebody who wants to reach them needs to know them. */
export interface Addressee {
  readonly userId: string;
  /** E.164 with plus. */
  readonly phone: string | undefined;
  readonly bsuid: string | undefined;
  readonly isSimulated: boolean;
  readonly hasOptedOut: boolean;
  readonly hasOptedOutOfMarketing: boolean;
}

/** A message of the owner's own, not an answer. */
export interface OwnMessage extends PartAddress {
  readonly userId: string;
  readonly parts: readonly string[];
  readonly extras?: PartExtras | undefined;
}

/** A request under a key that was carried out before. */
export interface EarlierRequest {
  readonly messageId: string;
  readonly digest: string;
}

/** What is sent on the owner's behalf. */
export interface OutreachStore {
  find(key: AddresseeKey): Promise<Addressee | undefined>;
  /** Makes a number known before its owner has written. */
  add(phone: string, isWelcome: boolean): Promise<Addressee>;
  /** Where the person wrote last on each channel, the latest first. */
  addresses(userId: string): Promise<PartAddress[]>;
  /** Queues a message in the person's conversation. @returns its id */
  post(message: OwnMessage): Promise<string>;
  earlier(key: string): Promise<EarlierRequest | undefined>;
  /** Remembers a request. @throws when the key was taken meanwhile: then nothing of this transaction happens */
  remember(key: string, request: EarlierRequest): Promise<void>;
  forgetKeys(before: Date): Promise<void>;
}
