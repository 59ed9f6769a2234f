/** What a person can agree to: being written to at all, or templates that go to many. */
export type ConsentType = 'messages' | 'marketing';
export type ConsentAction = 'granted' | 'revoked';
/**
 * Who said it: the person in a message or in WhatsApp's own settings, the provider that refused for them, or the owner on their
 * behalf.
 */
export type ConsentSource = 'message' | 'whatsapp' | 'provider' | 'owner';
