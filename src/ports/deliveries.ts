import type { DeliveryReport, OutboundState } from '#src/domain/delivery.ts';
import type { ChannelName } from '#src/domain/identity.ts';

/** A part as a delivery report meets it. */
export interface ReportedPart {
  readonly id: string;
  readonly userId: string;
  readonly messageId: string;
  readonly position: number;
  readonly channel: ChannelName;
  readonly state: OutboundState;
  readonly to: string;
  readonly from: string;
  /** A template goes out whenever it is sent. */
  readonly isTemplate: boolean;
  /** It only tells that something is held. */
  readonly isNudge: boolean;
  /** Of the latest attempt that the provider took. */
  readonly providerId: string | undefined;
  /** How often the provider took it and reported a failure afterwards. */
  readonly failures: number;
  /** When the latest attempt began. */
  readonly triedAt: Date | undefined;
}

/** What becomes of a part by what was reported; what is left out stays as it is. */
export interface PartChange {
  readonly part: ReportedPart;
  readonly state: OutboundState;
  readonly providerId: string;
  /** When it came how far, by the provider's clock. Times that are known already are kept. */
  readonly times: Readonly<Partial<Record<OutboundState, Date>>>;
  /** Why it failed, or is to be sent again; null once it has arrived after all. */
  readonly problem?: {
    readonly code: string;
    readonly title?: string | undefined;
    readonly reason: string;
  } | null;
  /** Of one that is to be sent again: not before. */
  readonly notBefore?: Date | undefined;
}

/** What providers report about parts that are out. */
export interface DeliveryStore {
  /** The parts that reports are about, by the provider's id or by our reference; nobody else changes them meanwhile. */
  find(reports: readonly DeliveryReport[]): Promise<ReadonlyMap<DeliveryReport, ReportedPart>>;
  /**
   * Stores what became of parts. A failure is written on the message as well, and ends the parts that would come after it; one that
   * arrived after all is taken off it.
   */
  change(changes: readonly PartChange[]): Promise<void>;
  /** Keeps reports about messages that are not known yet; the same one twice is one. */
  keep(reports: readonly DeliveryReport[]): Promise<void>;
  /** Takes what was reported about a message before it was known. */
  takeEarly(channel: ChannelName, providerId: string): Promise<DeliveryReport[]>;
  /** Takes reports, `limit` at most, whose messages are known by now. */
  takeKnown(limit: number): Promise<DeliveryReport[]>;
  /** Forgets reports kept before the date: their messages are not ours. */
  forgetEarly(before: Date): Promise<void>;
}
