/** A longer wait than this is not waited for: ask again after an hour at the latest. */
const longestWaitMs = 3_600_000;

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds, or the date from which to try again.
 * @returns milliseconds to wait, at most an hour; undefined when the header is missing or makes no sense
 */
export function retryAfterMs(header: string | string[] | undefined, now: Date): number | undefined {
  const value = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!value) return undefined;
  // Only the one form HTTP has for dates: `Date.parse` makes a date of "-5" as well.
  const date = value.endsWith('GMT') ? Date.parse(value) : Number.NaN;
  const waitMs = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : date - now.getTime();
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(Math.ceil(waitMs), 0), longestWaitMs);
}
