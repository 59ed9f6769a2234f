import type { RateLimit, RefusalReason } from '#src/domain/errors.ts';

/**
 * What is to be done about a failure of Meta's: `retry` it soon, `back_off` because all of us send too fast, wait for `pair_rate`
 * because one person gets too much, take a template because the `window` is closed, end this message (`permanent`), or `stop`
 * sending until the owner has seen to the account.
 */
export type MetaFailureKind = 'retry' | 'back_off' | 'pair_rate' | 'window' | 'permanent' | 'stop';

/** One failure of Meta's, as we take it. */
export interface MetaFailure {
  readonly kind: MetaFailureKind;
  /** Why it never passes; undefined for what does. */
  readonly reason: RefusalReason | undefined;
  /** How long to wait at least, in milliseconds, where that is known. */
  readonly waitMs: number | undefined;
  /** In plain words, for the owner: a clause without personal data. */
  readonly words: string;
  /** Ends this message only, but the owner should see to it. */
  readonly concernsOwner?: true;
  /** Ends whatever is sent with the same template. */
  readonly concernsTemplate?: true;
}

const retry = (words: string): MetaFailure => ({
  kind: 'retry',
  reason: undefined,
  waitMs: undefined,
  words,
});
const backOff = (waitMs: number, words: string): MetaFailure => ({
  kind: 'back_off',
  reason: undefined,
  waitMs,
  words,
});
const permanent = (reason: RefusalReason, words: string): MetaFailure => ({
  kind: 'permanent',
  reason,
  waitMs: undefined,
  words,
});
const stop = (reason: RefusalReason, words: string): MetaFailure => ({
  kind: 'stop',
  reason,
  waitMs: undefined,
  words,
});

const template = (words: string): MetaFailure => ({ ...permanent('request', words), concernsTemplate: true });

/** By code; see developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes. */
const failures = new Map<number, MetaFailure>([
  [1, retry('Meta had an unknown fault')],
  [2, retry('Meta’s service is down for a moment')],
  [131000, retry('Meta failed to send it and does not say why')],
  [131016, retry('a service of Meta’s is down')],
  [131052, retry('Meta could not fetch the file')],
  [131057, retry('the account is in maintenance')],
  [135000, retry('Meta failed to send it and does not say why')],

  // The wait of an hourly limit is Meta's secret; asking each minute costs one call.
  [4, backOff(60_000, 'the app calls Meta too often')],
  [17, backOff(60_000, 'the user behind the token calls Meta too often')],
  [32, backOff(60_000, 'the page calls Meta too often')],
  [613, backOff(60_000, 'Meta is called too often')],
  [80007, backOff(60_000, 'the business account calls Meta too often')],
  [130429, backOff(2_000, 'the number sends more a second than it may')],
  [133016, backOff(60_000, 'the number was registered too often')],
  // About one message each six seconds to the same person is carried for good.
  [131056, { kind: 'pair_rate', reason: undefined, waitMs: 6_000, words: 'too many messages to one person' }],

  [
    131047,
    {
      kind: 'window',
      reason: 'window',
      waitMs: undefined,
      words: 'the person has not written for 24 hours: only a template gets through',
    },
  ],

  [130472, permanent('recipient', 'Meta keeps this person out of such messages as an experiment')],
  // All people of one country, so the owner should know; the others are reached as before.
  [
    130497,
    {
      ...permanent('recipient', 'the account may not write to people of this country'),
      concernsOwner: true,
    },
  ],
  [131021, permanent('recipient', 'it was addressed to the sender’s own number')],
  [
    131026,
    permanent('recipient', 'it cannot be delivered: not on WhatsApp, or an old app, or terms not accepted'),
  ],
  [131030, permanent('recipient', 'a test number may only write to the numbers on its list')],
  [131049, permanent('recipient', 'Meta holds it back: this person gets enough messages of businesses')],
  [131050, permanent('recipient', 'the person stopped marketing messages of this business')],
  [131062, permanent('recipient', 'such a message needs a phone number, and WhatsApp hides this person’s')],
  [137000, permanent('recipient', 'the person’s identity has changed')],

  [100, permanent('request', 'a parameter is invalid')],
  [131008, permanent('request', 'a required parameter is missing')],
  [131009, permanent('request', 'a parameter’s value is invalid')],
  [131051, permanent('request', 'Meta does not carry this type of message')],
  [131053, permanent('request', 'the file could not be uploaded')],
  [131063, template('marketing templates must go through the Marketing Messages API')],
  [132000, template('the template has another number of placeholders')],
  [132001, template('the template does not exist in this language or is not approved')],
  [132005, template('the template gets too long with these values')],
  [132007, template('the template breaks a policy of WhatsApp')],
  [132008, template('a value does not fit the template')],
  [132012, template('a value does not fit the template')],
  [132015, template('the template is paused because people did not like it')],
  [132016, template('the template is disabled because people did not like it')],
  [132068, permanent('request', 'the flow is blocked')],
  [132069, permanent('request', 'the flow was sent too often this hour')],

  [0, stop('credentials', 'the access token is not accepted')],
  [3, stop('credentials', 'the app is not allowed to do this')],
  [10, stop('credentials', 'the access token lacks a permission')],
  [190, stop('credentials', 'the access token has expired or was withdrawn')],
  [131005, stop('credentials', 'the access token lacks a permission')],
  [33, stop('configuration', 'the phone number id is unknown to this token')],
  [131037, stop('configuration', 'the number’s display name is not approved')],
  [131045, stop('configuration', 'the number is not registered properly')],
  [133010, stop('configuration', 'the number is not registered')],
  [368, stop('account', 'the account is blocked for breaking a policy')],
  [131031, stop('account', 'the account is locked')],
  [131042, stop('account', 'there is a problem with paying')],
  [131044, stop('account', 'there is a problem with paying')],
  [131048, stop('account', 'the number is held back: too many people blocked it or reported it as spam')],
  [131064, stop('account', 'the account has reached its limit for templates of a wrong category')],
]);

const permissionMissing = stop('credentials', 'the access token lacks a permission');

/** What a code of Meta's means, from an HTTP answer or from a failed status; undefined for a code nobody knows. */
export function classifyMetaError(code: number): MetaFailure | undefined {
  return failures.get(code) ?? (code >= 200 && code <= 299 ? permissionMissing : undefined);
}

/** Whom a failure asks us to write to less often; undefined when it is about something else. */
export function rateLimitOf(failure: Pick<MetaFailure, 'kind'> | undefined): RateLimit | undefined {
  if (failure?.kind === 'pair_rate') return 'person';
  return failure?.kind === 'back_off' ? 'everybody' : undefined;
}
