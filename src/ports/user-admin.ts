import type { UserView } from './read-model.ts';

/** What an owner may change about a person; what is left out stays as it is. */
export interface UserPatch {
  readonly isWhitelisted?: boolean | undefined;
  readonly isActive?: boolean | undefined;
}

/** The owner's hand on the list of people. Acts at once: the next message is judged by it. */
export interface UserAdmin {
  /** From then on WHITELISTED_USERS no longer decides about this person, if `isWhitelisted` was given. Null: no such person. */
  patchUser(id: string, patch: UserPatch): Promise<UserView | null>;
  /** Adds a person before they write. `phone` is canonical (`canonicalPhone`). Null: the number is already known. */
  addUser(person: { phone: string; isWhitelisted: boolean }): Promise<UserView | null>;
}
