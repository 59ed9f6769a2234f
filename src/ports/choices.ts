import type { Choice } from '#src/domain/outbound.ts';
import type { StoredMessage } from '#src/domain/turn.ts';

/** Choices as somebody was offered them. */
export interface Offer {
  readonly choices: readonly Choice[];
  /** The provider id of what they stood below. */
  readonly providerId: string;
}

/** What people can choose from, and what they chose. */
export interface ChoiceStore {
  /**
   * The choices that were the last thing said to the person before this message, on its channel, when nothing else came from them
   * there in between.
   * @param since what was put into words before is too old
   */
  offeredBefore(message: StoredMessage, since: Date): Promise<Offer | undefined>;
  /** Stores that a message nobody has looked at yet stands for a choice, as if its button had been tapped. */
  chose(messageId: string, choice: Choice): Promise<void>;
}
