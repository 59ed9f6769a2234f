/** A person, however many identities they are known by. */
export interface User {
  readonly id: string;
  /** E.164 with plus; undefined when WhatsApp hides it. */
  readonly phone?: string | undefined;
  readonly name?: string | undefined;
  readonly isWhitelisted: boolean;
  readonly isActive: boolean;
  /** One of the chat page's test people. */
  readonly isSimulated: boolean;
}
