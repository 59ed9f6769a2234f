/** A person, however many identities they are known by. */
export interface User {
  readonly id: string;
  /** E.164 with plus; undefined when WhatsApp hides it. */
  readonly phone?: string | undefined;
  readonly name?: string | undefined;
  readonly isWhitelisted: boolean;
  readonly isActive: boolean;
  /** They want no messages. */
  readonly hasOptedOut: boolean;
  /** Something is kept for them until they write. */
  readonly hasHeldParts: boolean;
  /** The owner has decided about them by hand. */
  readonly isDecidedByOwner: boolean;
  /** Who they turned out to be: everything of theirs is there. */
  readonly mergedInto?: string | undefined;
  /** One of the chat page's test people. */
  readonly isSimulated: boolean;
}
