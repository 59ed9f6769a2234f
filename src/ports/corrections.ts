import type { InboundMessage } from '#src/domain/message.ts';

/** A message that was stored for the first time. */
export interface AcceptedMessage {
  readonly messageId: string;
  readonly userId: string;
  readonly isAllowed: boolean;
  /** As it came. */
  readonly message: InboundMessage;
  /** Something later about the same message came before: these words are not what its sender means by now. */
  readonly isOvertaken?: boolean | undefined;
}

/** Edits and revocations that came before what they are about. The original takes them along when it is stored. */
export interface CorrectionStore {
  /**
   * Applies corrections, `limit` at most, whose originals were stored at the very moment they were kept.
   * @returns how many there were, and whose
   */
  applyKnown(limit: number): Promise<{ readonly taken: number; readonly userIds: readonly string[] }>;
  /** Forgets corrections kept before the date: their originals never came. */
  forgetEarly(before: Date): Promise<void>;
}
