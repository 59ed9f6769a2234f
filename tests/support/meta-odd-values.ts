import { ana, metaBatch, metaNumber } from './meta-webhook.ts';

/** A message nothing is wrong with, which must survive whatever stands beside it. */
export const neighbor = {
  from: '4915112345678',
  id: 'wamid.NEIGHBOR=',
  type: 'text',
  text: { body: 'I am fine' },
};
/** One to make hostile. */
export const base = {
  from: ana.phone,
  from_user_id: ana.bsuid,
  id: 'wamid.HOSTILE=',
  timestamp: '1794000000',
  type: 'text',
  text: { body: 'hi' },
};
/** Half a megabyte. */
export const huge = 'x'.repeat(500_000);
const deep = (levels: number) => JSON.parse(`${'{"a":['.repeat(levels)}1${']}'.repeat(levels)}`) as object;
/** Keys that reach for prototypes. */
export const proto = JSON.parse(
  '{"__proto__":{"body":"polluted","id":"1"},"constructor":{"prototype":{"x":1}}}',
) as object;
/** What may stand where something else belongs. */
export const odd: [string, unknown][] = [
  ['null', null],
  ['true', true],
  ['a number', 1e308],
  ['a negative number', -1],
  ['an empty text', ''],
  ['a text', 'text'],
  ['half an emoji', '\ud83d'],
  ['NUL bytes', '\0\0'],
  ['half a megabyte', huge],
  ['an empty list', []],
  ['a list of lists', [[['x']]]],
  ['a list of a text', ['491701234567']],
  ['an empty object', {}],
  ['a prototype', proto],
  ['a thousand levels', deep(1000)],
];
/** A webhook with these messages, whatever they are. */
export const metaBatchOf = (...messages: unknown[]) =>
  metaBatch([
    {
      field: 'messages',
      value: {
        metadata: { display_phone_number: metaNumber.display, phone_number_id: metaNumber.phoneNumberId },
        contacts: [{ profile: { name: 'Ana' }, wa_id: ana.phone, user_id: ana.bsuid }],
        messages,
      },
    },
  ]);
