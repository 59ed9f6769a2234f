import { isParams, lineOf, type Params, textOf } from '../fields.ts';
import { objectsOf, partOf } from './json.ts';

const maxCards = 20;
const maxNumbers = 10;

/** Shared contact cards in plain words, with names and numbers; undefined when there is none. */
export function describeCards(cards: readonly unknown[]): string | undefined {
  const readable = cards.filter(isParams);
  if (readable.length === 0) return undefined;
  const lines = readable.slice(0, maxCards).map((card) => `Contact card: ${describeCard(card)}`);
  const more = readable.length - maxCards;
  if (more > 0) lines.push(`And ${more} more contact ${more === 1 ? 'card' : 'cards'}.`);
  return lines.join('\n');
}

/** Since 2026 a card may hold a vCard and phones alone. */
function describeCard(card: Params): string {
  const vcard = readVcard(textOf(card, 'vcard', 1_000_000));
  const name = readName(partOf(card, 'name')) ?? vcard.name ?? 'no name';
  const company = lineOf(partOf(card, 'org'), 'company');
  const listed = objectsOf(card, 'phones').flatMap(
    (phone) => lineOf(phone, 'phone', 64) ?? lineOf(phone, 'wa_id', 64) ?? [],
  );
  const phones = listed.length > 0 ? listed : vcard.phones;
  const mails = objectsOf(card, 'emails').flatMap((mail) => lineOf(mail, 'email', 254) ?? []);
  return [
    company && company !== name ? `${name} (${company})` : name,
    ...[...new Set(phones)].slice(0, maxNumbers),
    ...[...new Set(mails)].slice(0, maxNumbers),
  ].join(', ');
}

function readName(name: Params): string | undefined {
  const parts = [lineOf(name, 'first_name'), lineOf(name, 'last_name')].filter(Boolean);
  return lineOf(name, 'formatted_name') ?? (parts.join(' ') || undefined);
}

/** Name and numbers of a vCard (RFC 6350): `FN:Ana`, `item1.TEL;type=CELL:+1 555`, lines that go on with a blank. */
function readVcard(vcard: string): { name: string | undefined; phones: string[] } {
  let name: string | undefined;
  const phones: string[] = [];
  for (const line of vcard.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const [, key, value] = /^(?:[\w-]{1,32}\.)?(FN|TEL)(?:;[^:]{0,256})?:(.{1,1024})/i.exec(line) ?? [];
    const words = value && lineOf({ value: value.replaceAll(/\\([,;\\])/g, '$1') }, 'value');
    if (!words) continue;
    if (key?.toUpperCase() === 'FN') name ??= words;
    else if (phones.length < maxNumbers) phones.push(words.replace(/^tel:/i, ''));
  }
  return { name, phones };
}
