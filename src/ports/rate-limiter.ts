/** Counts messages per person in a window. */
export interface RateLimiter {
  /** Takes one message from the person's allowance; `msUntilFree` says when the window ends. */
  consume(userId: string): Promise<{ allowed: true } | { allowed: false; msUntilFree: number }>;
}
