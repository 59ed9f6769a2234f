import { describe, expect, it } from 'vitest';
import { readMeta } from '#tests/support/meta-fixtures.ts';
import { base, huge, metaBatchOf, neighbor, odd, proto } from '#tests/support/meta-odd-values.ts';
import { metaBatch } from '#tests/support/meta-webhook.ts';
import { expectStorable } from '#tests/support/storable.ts';

/*
 * Signed, but hostile: what gets into a webhook through names, texts and files, and what a changed vendor makes of it. Reading never
 * throws, whatever comes out is safe to store, and the message after the hostile one is there.
 */
const keys = [
  'from',
  'from_user_id',
  'from_parent_user_id',
  'id',
  'timestamp',
  'type',
  'text',
  'context',
  'referral',
  'group_id',
  'errors',
  'system',
  'edit',
];
const types = [
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contacts',
  'interactive',
  'button',
  'reaction',
  'order',
  'system',
  'edit',
  'revoke',
  'unsupported',
];

/** Reads it beside a harmless message, which must come out as if it were alone. */
function read(message: unknown) {
  const { messages } = readMeta(metaBatchOf(message, neighbor));
  expect(messages.at(-1)).toMatchObject({ providerId: 'wamid.NEIGHBOR=', text: 'I am fine' });
  for (const each of messages) expectStorable(each);
  return messages.slice(0, -1);
}

describe('a hostile message', () => {
  it.each(odd)('with %s wherever something belongs', (_name, value) => {
    for (const key of keys) read({ ...base, [key]: value });
    for (const type of types) {
      read({ ...base, type, [type]: value });
      // One level deeper: every part of what belongs to the type.
      for (const part of [
        'id',
        'caption',
        'mime_type',
        'filename',
        'latitude',
        'longitude',
        'name',
        'type',
      ]) {
        read({ ...base, type, [type]: { ...place, [part]: value } });
      }
    }
    for (const part of ['button_reply', 'list_reply', 'nfm_reply']) {
      read({ ...base, type: 'interactive', interactive: { type: part, [part]: value } });
      read({
        ...base,
        type: 'interactive',
        interactive: { type: part, [part]: { id: value, title: value } },
      });
    }
    for (const part of ['name', 'phones', 'vcard', 'org', 'emails']) {
      read({ ...base, type: 'contacts', contacts: [{ [part]: value }, { phones: [value] }, value] });
    }
    for (const part of ['product_retailer_id', 'quantity', 'item_price', 'currency']) {
      read({ ...base, type: 'order', order: { product_items: [{ [part]: value }, value] } });
    }
    read({ ...base, type: 'edit', edit: { original_message_id: 'wamid.X=', message: value } });
    read({ ...base, type: 'system', system: { type: 'user_changed_number', wa_id: value, user_id: value } });
  });

  it.each(odd)('in a webhook with %s in place of its parts', (_name, value) => {
    const whole = metaBatchOf(base) as unknown as Record<string, unknown>;
    const entry = (whole.entry as object[])[0];
    readMeta(value);
    readMeta({ ...whole, object: value });
    readMeta({ ...whole, entry: value });
    for (const field of ['messages', 'account_update', 'account_alerts', 'message_template_status_update']) {
      const bodies = [
        { ...whole, entry: [value, entry] },
        { ...whole, entry: [{ changes: value }, entry] },
        { ...whole, entry: [{ changes: [value, { field, value }] }, entry] },
        ...['metadata', 'contacts', 'messages', 'statuses', 'errors', 'event', 'alert_info', 'reason'].map(
          (key) => ({
            ...whole,
            entry: [
              {
                changes: [
                  { field, value: { [key]: value } },
                  { field: value, value: {} },
                ],
              },
              entry,
            ],
          }),
        ),
      ];
      for (const body of bodies) {
        expect(readMeta(body).messages.at(-1)).toMatchObject({ providerId: base.id, text: 'hi' });
      }
    }
  });

  it('does not reach the prototype of anything', () => {
    read({ ...base, text: proto, context: proto, type: '__proto__' });
    read(JSON.parse(`{"__proto__":{"type":"text"},${JSON.stringify(base).slice(1)}`));
    expect(({} as Record<string, unknown>).body).toBeUndefined();
    for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(read({ ...base, type })[0]).toMatchObject({ type: 'unsupported' });
    }
  });

  it.each([
    ['an id that leads out of a folder', { id: '../../etc/passwd' }],
    ['an id with a line break', { id: 'wamid.A\nwamid.B' }],
    ['an id of half a megabyte', { id: `wamid.${huge}` }],
    ['a phone with letters and no id', { from: '1555CALLME', from_user_id: '' }],
    ['a phone of a hundred digits and no id', { from: '1'.repeat(100), from_user_id: undefined }],
    ['a phone in other digits and no id', { from: '٤٩١٧٠١٢٣٤٥٦٧', from_user_id: undefined }],
    ['a user id with a line break', { from: undefined, from_user_id: 'US.1\nUS.2' }],
    ['a user id of a hundred and thirty', { from: undefined, from_user_id: `US.${'1'.repeat(130)}` }],
  ])('is left out with %s', (_case, change) => {
    const body = metaBatch([{ field: 'messages', value: { messages: [{ ...base, ...change }, neighbor] } }]);
    expect(readMeta(body).messages.map(({ providerId }) => providerId)).toEqual(['wamid.NEIGHBOR=']);
  });

  it('is cut where it is endless', () => {
    const cards = Array.from({ length: 5000 }, () => ({ name: { formatted_name: 'A'.repeat(5000) } }));
    const items = Array.from({ length: 5000 }, () => ({
      product_retailer_id: 'B'.repeat(5000),
      quantity: 1,
    }));
    const answers = JSON.stringify(
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'v'.repeat(99)])),
    );
    read({ ...base, type: 'contacts', contacts: cards });
    read({ ...base, type: 'order', order: { product_items: items } });
    read({ ...base, type: 'interactive', interactive: { nfm_reply: { response_json: answers } } });
    read({ ...base, type: 'interactive', interactive: { nfm_reply: { response_json: '['.repeat(60_000) } } });
    read({
      ...base,
      type: 'contacts',
      contacts: [{ vcard: 'TEL:1\n'.repeat(100_000) }, { vcard: ';'.repeat(900_000) }],
    });
    read({ ...base, text: { body: huge }, referral: { headline: huge, body: huge } });
  });

  it('that the reader itself fails at costs no other one, and its words stay out of the log', () => {
    const trap = {
      ...base,
      get text(): never {
        throw new TypeError('the words of Ana');
      },
    };
    const { messages, log } = readMeta(metaBatchOf({ ...neighbor, id: 'wamid.BEFORE=' }, trap, neighbor));
    expect(messages.map(({ providerId }) => providerId)).toEqual(['wamid.BEFORE=', 'wamid.NEIGHBOR=']);
    expect(log.lines).toMatchObject([{ level: 'error', facts: { leftOut: { 'failed:messages_text': 1 } } }]);
    expect(JSON.stringify(log.lines)).toContain('TypeError');
    expect(JSON.stringify(log.lines)).not.toContain('words of Ana');
  });

  it('fills the log with one line, however many there are', () => {
    const rubbish = Array.from({ length: 1000 }, (_, i) => ({ id: 'wamid.A=', type: `t${i}` }));
    const { log, messages } = readMeta(
      metaBatch([{ field: 'messages', value: { messages: [...rubbish, { ...neighbor }] } }]),
    );
    expect(messages).toHaveLength(1);
    expect(log.lines).toHaveLength(1);
    expect(JSON.stringify(log.lines).length).toBeLessThan(2_000);
  });
});

const place = { latitude: 1, longitude: 2, id: '1', mime_type: 'a/b' };
