import type { AccountReport } from '#src/domain/channel-event.ts';
import { lineOf, matchOf, type Params, textOf } from '../fields.ts';
import { accountMeaning, valueErrorMeaning } from './account-meaning.ts';
import { objectsOf, partOf, wordOf } from './json.ts';
import type { LeftOut } from './left-out.ts';
import { readProblem, wordsOf } from './problem.ts';

/** Fields about our own account, with the parts of their `value` that its owner should read. */
const accountFields: Readonly<Record<string, (value: Params) => readonly (string | undefined)[]>> = {
  account_update: (value) => [
    textOf(partOf(value, 'violation_info'), 'violation_type', 64),
    textOf(partOf(value, 'ban_info'), 'waba_ban_state', 64),
    ...objectsOf(value, 'restriction_info').map((info) => textOf(info, 'restriction_type', 64)),
    textOf(partOf(value, 'disconnection_info'), 'reason', 64),
  ],
  account_alerts: (value) => [wordsOf(alertIn(value), 'alert_description')],
  phone_number_quality_update: (value) => [
    labelled('old limit', wordOf(value, 'old_limit', 64)),
    labelled(
      'limit',
      wordOf(value, 'max_daily_conversations_per_business') || wordOf(value, 'current_limit'),
    ),
  ],
  security: () => [],
  business_capability_update: (value) => [
    labelled(
      'messages a day',
      wordOf(value, 'max_daily_conversations_per_business') ||
        wordOf(value, 'max_daily_conversation_per_phone'),
    ),
    labelled('phone numbers', wordOf(value, 'max_phone_numbers_per_business')),
  ],
};

/** Whether a field is about our own account. */
export function isAccountField(field: string): boolean {
  return Object.hasOwn(accountFields, field);
}

/** What happened to our account, under the name Meta gives the event, or the field's where it has none. */
export function parseAccount(field: string, value: Params): AccountReport {
  const alert = alertIn(value);
  const event = /^[A-Za-z0-9_]{1,64}$/;
  const code = matchOf(value, 'event', event) ?? matchOf(alert, 'alert_type', event) ?? field;
  const facts = (accountFields[field]?.(value) ?? [])
    .flatMap((fact) => lineOf({ fact }, 'fact', 512) ?? [])
    .slice(0, 10);
  return {
    channel: 'meta',
    code,
    title: facts.length > 0 ? `${field}: ${facts.join(', ')}` : field,
    meaning: accountMeaning(code, value),
  };
}

/** An entry of `errors` beside messages: something is wrong with the account or with a webhook as a whole. */
export function parseValueError(error: Params): AccountReport | LeftOut {
  const { code, title } = readProblem(error);
  if (code === undefined && title === undefined) return { leftOut: 'malformed', what: 'errors' };
  const known = code ?? 'unknown';
  return { channel: 'meta', code: known, title: title ?? '', meaning: valueErrorMeaning(known) };
}

function alertIn(value: Params): Params {
  const alert = partOf(value, 'alert_info');
  return Object.keys(alert).length > 0 ? alert : value;
}

function labelled(label: string, fact: string): string | undefined {
  return fact === '' ? undefined : `${label} ${fact}`;
}
