import type { CodeMeaning } from '#src/domain/delivery.ts';

const final = (words: string): CodeMeaning => ({ kind: 'final', words });
const template = (words: string): CodeMeaning => ({ ...final(words), concernsTemplate: true });
const stops = (words: string): CodeMeaning => ({ kind: 'stops', words });
const passes = (words: string, more: Partial<CodeMeaning> = {}): CodeMeaning => ({
  ...more,
  kind: 'passes',
  words,
});

/** By code, from refusals and status callbacks alike; see twilio.com/docs/api/errors. */
const meanings = new Map<string, CodeMeaning>([
  ['20429', passes('the account calls Twilio too often', { isRateLimit: true })],
  // Their nature is unknown, so one repetition must do.
  ['30008', passes('it could not be delivered, and nobody says why', { mostRepeats: 1 })],
  ['30036', passes('it waited at Twilio for longer than it may', { mostRepeats: 1 })],
  ['63011', passes('the channel’s provider failed to take it')],
  ['63018', passes('the number sends faster than it may', { retryAfterMs: 15_000, isRateLimit: true })],
  ['63023', passes('the channel’s provider had a fault of its own')],

  [
    '63016',
    { kind: 'window', words: 'the person has not written for 24 hours: only a template gets through' },
  ],
  ['21211', final('the address is no number that WhatsApp knows')],
  ['21408', final('the account may not write to this region')],
  ['21610', final('the person has asked Twilio for no more messages')],
  ['21614', final('the address is no mobile number')],
  ['21617', final('the text is too long')],
  ['30003', final('the phone cannot be reached')],
  ['30007', final('a filter held it back as unwanted')],
  ['63003', final('the person is not on WhatsApp')],
  ['63005', final('WhatsApp does not accept such content')],
  ['63006', final('WhatsApp cannot show such content')],
  ['63013', final('it breaks a policy of WhatsApp')],
  ['63015', final('the person has not joined the sandbox, or has left it after three days')],
  ['63021', final('its content is invalid')],
  ['63024', final('the person cannot be written to')],
  ['63032', final('WhatsApp does not deliver to this person')],
  ['63049', final('WhatsApp holds it back: this person gets enough messages of businesses')],
  ['21655', template('the template does not exist')],
  ['21656', template('a value does not fit the template')],
  ['63027', template('the template does not exist in this language')],
  ['63028', template('the template has another number of placeholders')],
  ['63040', template('the template was rejected by WhatsApp')],
  ['63041', template('the template is paused because people did not like it')],
  ['63042', template('the template is disabled because people did not like it')],
  ['canceled', final('it was canceled')],
  ['failed', final('Twilio could not send it and does not say why')],
  ['undelivered', final('it could not be delivered, and nobody says why')],

  ['20003', stops('Twilio does not accept the account or its token')],
  ['20005', stops('the Twilio account is not active')],
  ['21212', stops('our number is no valid sender')],
  ['21606', stops('our number cannot send')],
  ['21660', stops('our number belongs to another account')],
  ['63007', stops('our number is no WhatsApp sender of this account')],
  ['63008', stops('the WhatsApp sender is set up wrongly')],
  ['63020', stops('Meta’s invitation to Twilio was not accepted')],
  ['63038', stops('the account has sent as many messages as it may in a day')],
]);

/** What a code of Twilio's means; undefined for codes that nobody has met yet. */
export function explainTwilioCode(code: string): CodeMeaning | undefined {
  return meanings.get(code);
}
