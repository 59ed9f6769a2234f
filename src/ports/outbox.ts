import type { ChannelName } from '#src/domain/identity.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { QueuedPart, StoredMessage } from '#src/domain/turn.ts';

/** A part as its sender last saw it. */
export type PartAtHand = Pick<QueuedPart, 'id' | 'state' | 'attempts'>;

/**
 * Texts on their way out. A part changes only if it still is as the sender last saw it; false means that another process has taken
 * it on since, and that the sender must let go of it.
 */
export interface OutboxStore {
  /** Queues a notice that belongs to no turn (a refusal, a rate limit), as an outbound message with its parts. */
  queueNotice(
    to: Pick<StoredMessage, 'userId' | 'channel' | 'replyAddress' | 'ownAddress'>,
    parts: readonly string[],
    options?: { despiteOptOut?: boolean; extras?: PartExtras },
  ): Promise<void>;
  /** Everyone for whom parts are queued. */
  usersWaiting(): Promise<string[]>;
  /** Parts not yet out, in the order they must be heard. */
  pending(userId: string): Promise<QueuedPart[]>;
  /**
   * An attempt begins: the part is `sending`, with one attempt more.
   * @throws OptedOut when the person wants no messages by now
   * @throws CalledBack when it is not to be sent now, and nobody has begun it since
   */
  sending(part: PartAtHand): Promise<boolean>;
  /**
   * The attempt is known not to have gone out.
   * @param isExcused true when it says nothing against the part
   */
  queuedAgain(part: PartAtHand, isExcused?: boolean): Promise<boolean>;
  /** The provider did not take it yet, because of our pace alone: it is excused, and not sent before `until`. */
  postponed(part: PartAtHand, until: Date): Promise<boolean>;
  /** True as well when a report was quicker to say that this very message is out. */
  sent(part: PartAtHand, providerId: string): Promise<boolean>;
  /**
   * Ends a part, and all later ones of its message: half an answer in the wrong order is worse than a marked failure.
   * @param reason the same in plain words for the owner
   */
  failed(part: PartAtHand, errorCode: string, reason?: string): Promise<boolean>;
  /** Where the person can be reached on another channel, on which they have written since. */
  otherAddress(
    userId: string,
    options: { channels: readonly ChannelName[]; since: Date },
  ): Promise<PartAddress | undefined>;
  /**
   * Sends a part another way, cut into `texts` for it: they take its place among what waits. Its choices stay with the last one, a
   * quotation stays behind.
   */
  reroute(part: PartAtHand, address: PartAddress, texts: readonly string[]): Promise<boolean>;
}

/** Which way a part goes. */
export type PartAddress = Pick<QueuedPart, 'channel' | 'to' | 'from'>;
