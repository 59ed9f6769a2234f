import type { ChannelName, IdentityKind } from '#src/domain/identity.ts';

/* The tables of who is who; part of the schema. */

export interface UserIdentityRow {
  id: string;
  user_id: string;
  kind: IdentityKind;
  scope: string;
  value: string;
  /** Where it was first seen; null of numbers that the owner added. */
  channel: ChannelName | null;
  created_at: string;
  /** Of business-scoped ids: where they were seen, see `identity-places.ts`; null where nobody has noted it. */
  places: string | null;
}

/** What somebody was known by: nobody is found by it any more, but for what they wrote while it was theirs. */
export interface PastIdentityRow {
  id: string;
  user_id: string;
  kind: IdentityKind;
  scope: string;
  value: string;
  valid_from: string;
  valid_to: string;
  /** 1: somebody else has shown it, and nothing was told of a move. */
  is_taken: 0 | 1;
}

/** Makes whoever sends the code this person; gone once it was used. */
export interface LinkCodeRow {
  user_id: string;
  salt: string;
  hash: string;
  created_at: string;
  expires_at: string;
}

/** How many wrong codes somebody has sent on a UTC day. */
export interface LinkTriesRow {
  user_id: string;
  day: string;
  wrong: number;
}
