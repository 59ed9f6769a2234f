import type { DeliveryReport } from './delivery.ts';
import type { ChannelName } from './identity.ts';

/** A template's new state, as the provider's review or its quality rating made it. */
export interface TemplateReport {
  readonly channel: ChannelName;
  readonly name: string;
  readonly language: string;
  /** The provider's word, lower case: `approved`, `rejected`, `paused`, `disabled`, `pending_deletion`… */
  readonly state: string;
  readonly reason?: string | undefined;
}

/** Something about our own account that its owner must know of. */
export interface AccountReport {
  readonly channel: ChannelName;
  /** The provider's code or event name. */
  readonly code: string;
  /** The provider's own words, without personal data. */
  readonly title: string;
}

/** What a webhook tells that nobody has said: it is applied, not answered. */
export type ChannelEvent =
  | { readonly kind: 'delivery'; readonly report: DeliveryReport }
  | { readonly kind: 'template'; readonly report: TemplateReport }
  | { readonly kind: 'account'; readonly report: AccountReport };
