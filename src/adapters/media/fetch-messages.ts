import type { MediaProblem } from '#src/domain/errors.ts';

/** One request of a fetch, for the thread: ask an address and, if it answers 200, save what it sends. */
export interface Hop {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly target: string;
  readonly maxBytes: number;
}

/** What came of a hop: the file, or an answer of another kind, whose body nobody reads. */
export type HopEnd =
  | { readonly kind: 'saved'; readonly bytes: number; readonly contentType: string }
  | {
      readonly kind: 'answered';
      readonly statusCode: number;
      readonly location: string | undefined;
      readonly retryAfter: string | undefined;
    };

/** How a hop ended, as the thread tells it. */
export type HopOutcome = HopEnd | { readonly kind: 'failed'; readonly failure: HopFailure };

/** An error on its way out of the thread; cloning one would lose its class and its code. */
export type HopFailure =
  | { readonly kind: 'unusable'; readonly problem: MediaProblem; readonly message: string }
  | { readonly kind: 'unavailable'; readonly vendorCode: string | undefined; readonly message: string }
  | { readonly kind: 'address' }
  | { readonly kind: 'other'; readonly code: string | undefined; readonly message: string };
