import type { OutboundState } from '#src/domain/delivery.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { MessageType, Verdict } from '#src/domain/message.ts';
import type { TurnStep } from '#src/domain/turn.ts';

/**
 * How a turn ended: every part is out, the same with an apology for an answer, or a part could not be delivered.
 * `held`: a part waits until the person writes.
 */
export type TurnOutcome = 'delivered' | 'apologized' | 'undelivered' | 'held';

/**
 * How a part ended. Each ends once: `looked_up` was uncertain and found to be out, `repeated` was uncertain, not found and sent
 * again, `sent` was neither.
 */
export type PartState = 'sent' | 'looked_up' | 'repeated' | 'failed';

/** What the story alone knows and somebody counts. Nothing here may say who a person is or what they wrote. */
export interface Metrics {
  /** A message was looked at for the first time. Call it once the verdict is stored. */
  judged(message: {
    readonly channel: ChannelName;
    readonly type: MessageType;
    readonly verdict: Verdict;
  }): void;
  /** A part is out or given up, and that is stored. `errorCode` is the vendor's or ours, for `failed`. */
  partEnded(part: {
    readonly channel: ChannelName;
    readonly state: PartState;
    readonly errorCode?: string | undefined;
  }): void;
  /**
   * A provider reported how far a part came that was out, and that is stored: each state of a part once. `sent_again` failed in a way
   * that may pass and is queued again. `errorCode` is the vendor's, for `failed` and `sent_again`.
   */
  partReported(part: {
    readonly channel: ChannelName;
    readonly state: OutboundState | 'sent_again';
    readonly errorCode?: string | undefined;
  }): void;
  /** A turn is over, and that is stored. */
  turnEnded(turn: {
    readonly outcome: TurnOutcome;
    /** Milliseconds from the arrival of its first message. */
    readonly sinceArrivalMs: number;
    /** Milliseconds since it was opened. */
    readonly sinceOpenedMs: number;
    readonly stepMs: Readonly<Partial<Record<TurnStep['step'], number>>>;
  }): void;
}
