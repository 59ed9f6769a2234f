/**
 * Counts messages per person in a window, when they arrive: what piled up during an outage was not sent too fast, and is not
 * punished for being looked at all at once.
 */
export interface RateLimiter {
  /** Counts a message that was just stored. */
  arrived(userId: string, messageId: string): Promise<void>;
  /** When the window ends that this message was too many for; undefined when it was within the allowance. Forgets the message. */
  exceededUntil(messageId: string): Date | undefined;
}
