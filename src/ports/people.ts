/** What became of a code that somebody sent. */
export type LinkOutcome =
  | { readonly kind: 'linked'; readonly userId: string }
  /** No such code, or one that was used or is too old. */
  | { readonly kind: 'wrong' }
  /** So many wrong ones today that none is looked at any more. */
  | { readonly kind: 'too_many' };

/** Who is who. */
export interface PeopleStore {
  /** Makes the sender of a code the person it was issued for; whatever they sent and got as a stranger is that person's then. */
  link(senderId: string, code: string): Promise<LinkOutcome>;
  /** Moves what has come in for somebody who turned out to be somebody else. */
  handOver(userId: string, toUserId: string): Promise<void>;
}
