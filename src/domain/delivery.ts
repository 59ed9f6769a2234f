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

/**
 * Where a part of ours is: until it is `sent` that is our own word, from then on the provider's. `held` waits until its person
 * writes again.
 */
export type OutboundState = DeliveryState | 'sending' | 'held';

/** How far each state is. A failure is further than `sent`, and whatever proves that it arrived is further than a failure. */
const reach: Readonly<Record<OutboundState, number>> = {
  queued: 0,
  held: 0,
  sending: 1,
  sent: 2,
  failed: 3,
  delivered: 4,
  read: 5,
  played: 6,
};

/** The state of a part after a report. It only goes forward, whatever order reports arrive in and however often. */
export function nextState(current: OutboundState, reported: DeliveryState): OutboundState {
  return reach[reported] > reach[current] ? reported : current;
}

/** Whether the provider has it, or had it. */
export function isOut(state: OutboundState): boolean {
  return reach[state] >= reach.sent;
}

/** Whether a state proves that the person has the message. */
export function hasArrived(state: OutboundState): boolean {
  return reach[state] > reach.failed;
}

/** What a provider's error code means for a message and for the way it was to go. */
export interface CodeMeaning {
  /**
   * `passes`: the same message may get through later. `final`: never this message to this person. `stops`: nothing goes out until
   * the owner has mended something (an expired token, an unpaid bill, a locked account). `window`: not before the person has written.
   */
  readonly kind: 'passes' | 'final' | 'stops' | 'window';
  /** Of `passes`: at least so long before the first repetition, in milliseconds; it doubles with each further one. */
  readonly retryAfterMs?: number | undefined;
  /** Of `passes`: so many repetitions at most. */
  readonly mostRepeats?: number | undefined;
  /** Of `passes`: nothing is wrong but our pace. */
  readonly isRateLimit?: true;
  /** In plain words, for the owner: a clause without personal data. */
  readonly words: string;
  /** Of `final`: more people than this one are meant, so the owner should see to it. */
  readonly concernsOwner?: true;
  /** Of `final`: it is about the template, whoever was to get it. */
  readonly concernsTemplate?: true;
}
