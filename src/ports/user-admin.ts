import type { UserView } from './read-model.ts';

/** What an owner may change about a person; what is left out stays as it is. */
export interface UserPatch {
  readonly isWhitelisted?: boolean | undefined;
  readonly isActive?: boolean | undefined;
}

/** A one-time code. Named as the API's JSON. */
export interface LinkCode {
  readonly code: string;
  readonly expires_at: string;
}

/** The owner's hand on the list of people. Acts at once: the next message is judged by it. */
export interface UserAdmin {
  /** From then on WHITELISTED_USERS no longer decides about this person, if `isWhitelisted` was given. Null: no such person. */
  patchUser(id: string, patch: UserPatch): Promise<UserView | null>;
  /** Adds a person before they write. `phone` is canonical (`canonicalPhone`). Null: the number is already known. */
  addUser(person: { phone: string; isWhitelisted: boolean }): Promise<UserView | null>;
  /** Notes that a person wants no messages, as they have told the owner; only they can take it back. Null: no such person. */
  stopMessages(id: string): Promise<UserView | null>;
  /** A code that makes whoever sends it this person, once and within a day; it replaces the one before. Null: no such person. */
  issueLinkCode(id: string): Promise<LinkCode | null>;
  /** Has a person erased, soon, as if they had asked for it themselves. False: no such person. */
  eraseUser(id: string): Promise<boolean>;
}
