import type { ChannelName } from './identity.ts';
import type { InboundMessage, Verdict } from './message.ts';
import type { PartExtras } from './outbound.ts';
import type { Reading, SniffedType } from './reading.ts';

/** A file of a stored message, with whatever has been found out about it so far. */
export interface StoredAttachment {
  readonly id: string;
  readonly ref: string;
  readonly declaredType: string;
  readonly fileName?: string | undefined;
  /** Relative to the media folder; undefined before the fetch and after removal. */
  readonly path?: string | undefined;
  readonly bytes: number;
  readonly sniffed?: SniffedType | undefined;
  /** Undefined until understood. */
  readonly reading?: Reading | undefined;
}

/** A message from a person as it is stored. */
export interface StoredMessage extends Omit<InboundMessage, 'sender' | 'attachments' | 'profileName'> {
  readonly id: string;
  readonly userId: string;
  readonly receivedAt: Date;
  readonly verdict?: Verdict | undefined;
  /** When the window ends that this message was too many for; undefined when it was within the allowance. */
  readonly limitedUntil?: Date | undefined;
  readonly attachments: readonly StoredAttachment[];
}

/** How long one step of a turn took. */
export interface TurnStep {
  readonly step: 'understand' | 'answer' | 'deliver';
  readonly ms: number;
}

/** What one person sent within a quiet moment, answered as one. */
export interface Turn {
  readonly id: string;
  readonly userId: string;
  readonly conversationId: string;
  /** `open` has no answer yet; `answered` has its answer stored and parts left to send. */
  readonly state: 'open' | 'answered';
  readonly messages: readonly StoredMessage[];
  readonly createdAt: Date;
  /** Its messages had been waiting for long before anybody could look at them, as after a downtime. */
  readonly isLate?: boolean;
}

/** What waits for a person: parts to be sent, in order, and their oldest unfinished turn. */
export interface AtHand {
  readonly parts: readonly QueuedPart[];
  readonly turn: Turn | undefined;
  /** Set when the parts that are left must not be sent yet. */
  readonly resting?: Resting | undefined;
}

/** Channels on which nothing can be sent to a person before a time. */
export interface Resting {
  readonly channels: ReadonlySet<ChannelName>;
  readonly until: Date;
}

/** One piece of an answer on its way out. */
export interface QueuedPart extends PartExtras {
  readonly id: string;
  readonly channel: ChannelName;
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly turnId?: string | undefined;
  /** `sending`: an attempt began and its outcome is unknown. */
  readonly state: 'queued' | 'sending';
  /** This very run has stored that the attempt begins, and has not made it yet: nothing about it is unknown. */
  readonly isBegun?: true;
  /** How often sending it was begun. */
  readonly attempts: number;
  readonly firstTriedAt?: Date | undefined;
  /** When the latest attempt began. */
  readonly triedAt?: Date | undefined;
  /** Attempts that say nothing against the part, because the channel as a whole had stopped. */
  readonly excused: number;
  /** After a failure that may pass: not to be sent before. */
  readonly notBefore?: Date | undefined;
}
