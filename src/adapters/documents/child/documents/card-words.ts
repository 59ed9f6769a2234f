import type ICAL from 'ical.js';
import { labelParameter } from './card-lines.ts';
import { unreadName } from './mend-times.ts';

/** A contact card in words. */
export interface Card {
  readonly name: string;
  readonly words: string;
}

/** What is worth knowing of a card, in this order. */
const fields: readonly (readonly [property: string, label: string])[] = [
  ['nickname', 'Nickname'],
  ['org', 'Organization'],
  ['title', 'Job title'],
  ['role', 'Role'],
  ['tel', 'Phone'],
  ['email', 'Email'],
  ['impp', 'Chat'],
  ['adr', 'Address'],
  ['url', 'Link'],
  ['bday', 'Birthday'],
  ['anniversary', 'Anniversary'],
  ['note', 'Note'],
];
/** Said by the label already, or about a form of sending nobody means. */
const plainTypes = new Set(['voice', 'internet', 'pref', 'text', 'main', 'x-voice']);

/** Tells a card: who it is, and each way to reach them with what it is called. */
export function describeCard(card: ICAL.Component): Card {
  const all = (name: string) => card.getAllProperties(name);
  const name = contentOf(all('fn')[0]) || nameOf(all('n')[0]) || contentOf(all('org')[0]);
  const lines = fields.flatMap(([field, label]) =>
    [...all(field), ...all(unreadName(field).toLowerCase())].flatMap((property) => {
      const value = contentOf(property);
      if (value === '') return [];
      const types = first(property.getParameter(labelParameter)) || typesOf(property);
      const onWhatsApp = property.getParameter('waid') === undefined ? '' : ', on WhatsApp';
      return [`${label}${types ? ` (${types})` : ''}: ${value}${onWhatsApp}`];
    }),
  );
  return { name, words: [`Name: ${name || 'not given'}`, ...lines].join('\n') };
}

function typesOf(property: ICAL.Property): string {
  const types = [property.getParameter('type') ?? []].flat().flatMap((type) => type.toLowerCase().split(','));
  return [...new Set(types)].filter((type) => !plainTypes.has(type)).join(', ');
}

/** A family name stands first in the property and last in the mouth. */
function nameOf(property: ICAL.Property | undefined): string {
  const [family, given, middle] = [property?.getFirstValue() ?? ''].flat().map(String);
  return [given, middle, family].filter(Boolean).join(' ').trim();
}

/** Values of several parts, such as addresses and organizations, with commas between those that are there. */
function contentOf(property: ICAL.Property | undefined): string {
  const values: unknown[] = property?.getValues() ?? [];
  return values
    .flat(3)
    .map((value) => String(value).trim())
    .filter(Boolean)
    .join(', ')
    .slice(0, 5_000);
}

function first(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
