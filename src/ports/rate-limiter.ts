/**
 * Counts messages per person in a window, when they arrive: what piled up during an outage was not sent too fast, and is not
 * punished for being looked at all at once.
 */
export interface RateLimiter {
  /** Counts a message that was just stored. Returns when the window ends that it was too many for; undefined within the allowance. */
  arrived(userId: string): Promise<Date | undefined>;
}
