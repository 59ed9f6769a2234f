/** How long a media host may take. */
export interface FetchLimits {
  readonly connectMs: number;
  /** From the request to the answer's head, for each hop. */
  readonly headersMs: number;
  /** Everything, redirects and body included. */
  readonly totalMs: number;
  /** A body must bring `leastBytes` in every window of `windowMs`. */
  readonly windowMs: number;
  readonly leastBytes: number;
}

/** A 16 MB file within the minute needs 280 KB/s; below 2 KB/s nobody is sending a file, but holding a connection. */
export const usualLimits: FetchLimits = {
  connectMs: 5_000,
  headersMs: 10_000,
  totalMs: 60_000,
  windowMs: 5_000,
  leastBytes: 10_240,
};
