import type { ChannelName } from './identity.ts';

/**
 * How far a part of a message has come, in the order in which it can only go forward. `played` is a voice message's first playback;
 * `failed` is final unless the provider says afterwards that it arrived.
 */
export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'read' | 'played' | 'failed';

/** What a provider reports about something we sent. Reports repeat, and come in any order. */
export interface DeliveryReport {
  readonly channel: ChannelName;
  /** The provider's id of the message we sent. */
  readonly providerId: string;
  /** Our own id of the part, where the channel gives it back: it tells that an uncertain part went out. */
  readonly reference?: string | undefined;
  readonly state: DeliveryState;
  /** When it happened, by the provider's clock. */
  readonly at: Date;
  /** Of `failed`: the provider's code, for instance `131026`. */
  readonly errorCode?: string | undefined;
  /** Of `failed`: the provider's own words, without personal data. */
  readonly errorTitle?: string | undefined;
}
