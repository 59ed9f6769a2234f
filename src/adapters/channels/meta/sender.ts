import type { Identity, IdentityKind } from '#src/domain/identity.ts';
import { canonicalPhone } from '#src/domain/phone.ts';
import { matchOf, type Params } from '../fields.ts';
import { partOf, wordOf } from './json.ts';

/** What Meta may reveal of somebody, as it wrote it and found sensible. */
export interface Person {
  /** Digits. */
  readonly phone?: string | undefined;
  readonly bsuid?: string | undefined;
  readonly parentBsuid?: string | undefined;
  readonly username?: string | undefined;
}

/** Who wrote, and where an answer goes. */
export interface Sender {
  readonly identities: readonly Identity[];
  readonly replyAddress: string;
}

/** An object's keys for what they reveal. */
interface Keys {
  readonly phone: string;
  readonly bsuid: string;
  readonly parentBsuid: string;
}

/** Somebody under an object's keys. Meta's own samples hold malformed ids; what makes no sense is left out. */
export function readPerson(given: Params, keys: Keys): Person {
  const user = wordOf(given, keys.bsuid);
  const phone = wordOf(given, keys.phone);
  return {
    phone: phoneDigits(phone),
    bsuid: bsuid(user) ?? bsuid(phone),
    parentBsuid: anyBsuid(wordOf(given, keys.parentBsuid)) ?? (isParentBsuid(user) ? user : undefined),
  };
}

/** Somebody as the `contacts` beside messages tell. */
export function readContact(contact: Params): Person {
  const person = readPerson(contact, { phone: 'wa_id', bsuid: 'user_id', parentBsuid: 'parent_user_id' });
  return { ...person, username: readUsername(partOf(contact, 'profile')) };
}

/**
 * Every identity, strongest first, as with Twilio: phone, business-scoped user id, its parent, username. The scope is '' for all of
 * them: this product serves one business, within which business-scoped ids are unique.
 * @returns undefined when nothing is there that an answer could be sent to: a username is none
 */
export function toSender({ phone, bsuid, parentBsuid, username }: Person): Sender | undefined {
  // The spelling of a phone is the sender's own: the canonical one of Brazil or Mexico may be another WhatsApp account, or none.
  const replyAddress = phone ?? bsuid ?? parentBsuid;
  if (replyAddress === undefined) return undefined;
  const values: [IdentityKind, string | undefined][] = [
    ['phone', phone && canonicalPhone(phone)],
    ['bsuid', bsuid],
    ['parent_bsuid', parentBsuid],
    ['username', username],
  ];
  return {
    identities: values.flatMap(([kind, value]) => (value ? [{ kind, scope: '', value }] : [])),
    replyAddress,
  };
}

/** What is known of somebody from two places; the first has the last word. */
export function merge(first: Person, second: Person): Person {
  return {
    phone: first.phone ?? second.phone,
    bsuid: first.bsuid ?? second.bsuid,
    parentBsuid: first.parentBsuid ?? second.parentBsuid,
    username: first.username ?? second.username,
  };
}

/** Digits of a phone number; undefined when it is none. */
export function phoneDigits(given: string): string | undefined {
  return /^\+?([1-9]\d{5,14})$/.exec(given)?.[1];
}

function bsuid(given: string): string | undefined {
  return /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/.test(given) ? given : undefined;
}

function isParentBsuid(given: string): boolean {
  return /^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/.test(given);
}

function anyBsuid(given: string): string | undefined {
  return isParentBsuid(given) ? given : bsuid(given);
}

function readUsername(profile: Params): string | undefined {
  return matchOf(profile, 'username', /^@?[A-Za-z0-9._]{1,64}$/)
    ?.replace('@', '')
    .toLowerCase();
}
