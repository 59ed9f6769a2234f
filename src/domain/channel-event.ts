import type { DeliveryReport } from './delivery.ts';
import type { ChannelName, Identity } from './identity.ts';

interface OfTemplate {
  readonly channel: ChannelName;
  readonly name: string;
  readonly language: string;
}

/** A template's new state, as the provider's review or its quality rating made it. */
export interface TemplateState extends OfTemplate {
  /** The provider's word, lower case: `approved`, `rejected`, `paused`, `disabled`, `pending_deletion`… */
  readonly state: string;
  readonly reason?: string | undefined;
}

/** How people have taken to a template. */
export interface TemplateQuality extends OfTemplate {
  /** The provider's word, lower case: `green`, `yellow`, `red`, or `unknown` while it is too early to say. */
  readonly quality: string;
}

/** Something about a template is new that only the account's list tells: its words, or its state. */
export interface TemplateEdit extends OfTemplate {
  readonly isEdited: true;
  /** What the provider said, where nobody knows what it means. */
  readonly unknownEvent?: string | undefined;
}

export type TemplateReport = TemplateState | TemplateQuality | TemplateEdit;

/** What somebody has told WhatsApp about templates that go to many, in its own settings. */
export interface MarketingPreference {
  readonly channel: ChannelName;
  /** Whose it is: every identity that the webhook revealed. */
  readonly person: readonly Identity[];
  readonly wants: boolean;
  /** When they said so, by the provider's clock. */
  readonly at: Date;
}

/** Something about our own account that its owner must know of. */
export interface AccountReport {
  readonly channel: ChannelName;
  /** The provider's code or event name. */
  readonly code: string;
  /** The provider's own words, without personal data. */
  readonly title: string;
  /** What it means for the channel; undefined where it is only worth a line in the log. */
  readonly meaning?: AccountMeaning | undefined;
}

/**
 * `stops`: nothing goes out until the owner has mended something. `concerns_owner`: it works, but they should see to it. `ends`: what
 * was reported under these codes is over. Words are plain, a clause.
 */
export type AccountMeaning =
  | { readonly kind: 'stops' | 'concerns_owner'; readonly words: string }
  | { readonly kind: 'ends'; readonly codes: readonly string[] };

/** What a webhook tells that nobody has said: it is applied, not answered. */
export type ChannelEvent =
  | { readonly kind: 'delivery'; readonly report: DeliveryReport }
  | { readonly kind: 'template'; readonly report: TemplateReport }
  | { readonly kind: 'preference'; readonly report: MarketingPreference }
  | { readonly kind: 'account'; readonly report: AccountReport };
