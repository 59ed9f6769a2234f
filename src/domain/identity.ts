/** Where a person's address comes from. WhatsApp may hide phone numbers, so nothing may require a phone. */
export type IdentityKind = 'phone' | 'bsuid' | 'parent_bsuid' | 'username';

/** One way to recognize a person. `scope` keeps worlds apart: '' for real people, 'simulator' for test people. */
export interface Identity {
  readonly kind: IdentityKind;
  readonly scope: string;
  /** E.164 with plus for phones, `CC.xxxx` for business-scoped user ids, without `@` for usernames. */
  readonly value: string;
}

/** Which wire a message came in on and goes out on. */
export type ChannelName = 'twilio' | 'meta' | 'simulator';
