import { describe, expect, it } from 'vitest';
import { createTwilioWebhookReader } from '#src/adapters/channels/twilio/webhook-reader.ts';
import type { MessageType } from '#src/domain/message.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { mediaMessage, textMessage } from '#tests/support/twilio-webhook.ts';

/*
 * Signed, but hostile: what an attacker gets into a webhook through names, texts and files, and what a broken proxy or a changed
 * vendor makes of it. Parsing never throws, and whatever comes out is safe to store.
 */
const reader = createTwilioWebhookReader({ authToken: 'unused', clock: createTestClock() });
const text = textMessage({ from: '+15550001111', body: 'hi' });
const photo = mediaMessage({
  from: '+15550001111',
  media: [
    {
      url: 'https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1',
      contentType: 'image/jpeg',
    },
  ],
});
const huge = 'x'.repeat(200_000);
const many = Object.fromEntries(
  Array.from({ length: 20_000 }, (_, i) => [`MediaUrl${i}`, 'https://a.example/']),
);
const getsLost = 'nothing';

/** What must be true of the outcome: `nothing`, or the type of the one message. */
type Case = [name: string, body: unknown, outcome: MessageType | typeof getsLost];

const cases: Case[] = [
  // Bodies that are no form.
  ['no body', undefined, getsLost],
  ['null', null, getsLost],
  ['text', 'From=whatsapp:+1', getsLost],
  ['a number', 42, getsLost],
  ['a list', [text], getsLost],
  ['an empty form', {}, getsLost],
  ['a form without prototype', Object.assign(Object.create(null), text), 'text'],
  ['a form whose values are inherited', Object.create(text), getsLost],
  ['a frozen form', Object.freeze({ ...text }), 'text'],
  // Prototype keys.
  ['__proto__ as a key', JSON.parse(`{"__proto__":{"Body":"x"},${JSON.stringify(text).slice(1)}`), 'text'],
  ['constructor as a key', { ...text, constructor: 'x' }, 'text'],
  ['hasOwnProperty as a key', { ...text, hasOwnProperty: 'x', toString: 'y' }, 'text'],
  ['__proto__ as the type', { ...text, MessageType: '__proto__' }, 'unsupported'],
  ['constructor as the type', { ...text, MessageType: 'constructor' }, 'unsupported'],
  ['toString as the type', { ...text, MessageType: 'toString' }, 'unsupported'],
  // Ids.
  ['no MessageSid but SmsSid', { ...text, MessageSid: '', SmsMessageSid: '' }, 'text'],
  ['no id at all', { ...text, MessageSid: '', SmsMessageSid: '', SmsSid: '' }, getsLost],
  [
    'ids that lead out of a folder',
    { ...text, MessageSid: '../x', SmsMessageSid: '..', SmsSid: '/' },
    getsLost,
  ],
  [
    'ids of 200,000 characters',
    { ...text, MessageSid: `SM${huge}`, SmsMessageSid: huge, SmsSid: huge },
    getsLost,
  ],
  ['an id with a line break', { From: text.From, MessageSid: 'SM12\nSM34' }, getsLost],
  ['an id given twice', { ...text, MessageSid: [text.MessageSid, 'SMother'] }, 'text'],
  ['an empty list as id', { ...text, MessageSid: [], SmsMessageSid: [], SmsSid: [] }, getsLost],
  ['an object as id', { ...text, MessageSid: {}, SmsMessageSid: {}, SmsSid: {} }, getsLost],
  ['a quoted id that is SQL', { ...text, OriginalRepliedMessageSid: "SM1'; DROP TABLE messages" }, 'text'],
  // Senders.
  ['no sender', { ...text, From: undefined }, getsLost],
  ['a sender given twice', { ...text, From: [text.From, 'whatsapp:+15550002222'] }, 'text'],
  ['a sender with NUL bytes', { ...text, From: 'whatsapp:\0+15550001111' }, 'text'],
  ['a sender in capitals', { ...text, From: 'WHATSAPP:+15550001111' }, getsLost],
  ['a sender with letters', { ...text, From: 'whatsapp:+1555CALLME' }, getsLost],
  ['a sender of 100 digits', { ...text, From: `whatsapp:+${'1'.repeat(100)}` }, getsLost],
  ['a sender of zeros', { ...text, From: 'whatsapp:+0000000' }, getsLost],
  ['a sender in Arabic digits', { ...text, From: 'whatsapp:+١٥٥٥٠٠٠١١١١' }, getsLost],
  ['a sender with a line break', { ...text, From: 'whatsapp:+15550001111\r\nX: y' }, getsLost],
  ['a sender whose plus became a space', { ...text, From: 'whatsapp: 15550001111' }, 'text'],
  ['a number as sender', { ...text, From: 15550001111 }, getsLost],
  ['a recipient that is nonsense', { ...text, To: 'javascript:alert(1)' }, 'text'],
  ['WaId that contradicts From', { ...text, WaId: '99999999999' }, 'text'],
  ['WaId that is nonsense', { ...text, From: 'whatsapp:US.1', WaId: 'NaN' }, 'text'],
  ['a username with markup', { ...text, ProfileUsername: '<script>' }, 'text'],
  ['a profile name of control characters', { ...text, ProfileName: '\0\x01\x1b[31m\r\n' }, 'text'],
  ['a profile name of 200,000 characters', { ...text, ProfileName: huge }, 'text'],
  ['a list as profile name', { ...text, ProfileName: [[], {}] }, 'text'],
  // Text.
  ['a body given twice', { ...text, Body: ['first', 'second'] }, 'text'],
  ['an object as body', { ...text, Body: { toString: 'no function' } }, 'text'],
  ['a body of NUL bytes', { ...text, Body: '\0'.repeat(1000) }, 'text'],
  ['a body of half an emoji', { ...text, Body: '\ud83d' }, 'text'],
  ['a body of 200,000 characters', { ...text, Body: huge }, 'text'],
  ['a body cut within an emoji', { ...text, Body: `${'x'.repeat(65_535)}😀` }, 'text'],
  ['a body of right-to-left marks', { ...text, Body: '\u202e\u2066'.repeat(500) }, 'text'],
  // Files.
  ['NumMedia that is too high', { ...photo, NumMedia: '5' }, 'image'],
  ['NumMedia that is too low', { ...photo, NumMedia: '0' }, 'image'],
  ['NumMedia that is negative', { ...photo, NumMedia: '-1' }, 'image'],
  ['NumMedia of a billion', { ...photo, NumMedia: '1000000000' }, 'image'],
  ['NumMedia without end', { ...photo, NumMedia: 'Infinity' }, 'image'],
  ['NumMedia in hexadecimal', { ...photo, NumMedia: '0x7fffffff' }, 'image'],
  ['NumMedia that is no number', { ...photo, NumMedia: 'NaN' }, 'image'],
  ['NumMedia as a list', { ...photo, NumMedia: ['1', '2'] }, 'image'],
  ['no NumMedia', { ...photo, NumMedia: undefined }, 'image'],
  ['files announced, none there', { ...text, NumMedia: '3' }, 'text'],
  ['a photo that did not come along', { ...text, MessageType: 'image', NumMedia: '1' }, 'image'],
  ['a gap between files', { ...photo, MediaUrl2: 'https://a.example/', NumMedia: '3' }, 'image'],
  ['20,000 links', { ...photo, ...many, NumMedia: '20000' }, 'image'],
  ['a link given twice', { ...photo, MediaUrl0: ['https://a.example/1', 'https://a.example/2'] }, 'image'],
  ['a link that is no address', { ...photo, MediaUrl0: 'not a link' }, 'image'],
  ['a link to a file on disk', { ...photo, MediaUrl0: 'file:///etc/passwd' }, 'image'],
  ['a link of 200,000 characters', { ...photo, MediaUrl0: `https://a.example/${huge}` }, 'image'],
  ['a link with a line break', { ...photo, MediaUrl0: 'https://a.example/\r\nHost: b' }, 'image'],
  ['an object as link', { ...photo, MediaUrl0: { href: 'x' }, MessageType: 'text' }, 'text'],
  [
    'a content type that is nonsense',
    { ...photo, MediaContentType0: '../../etc', MessageType: '' },
    'document',
  ],
  [
    'a content type of 200,000 characters',
    { ...photo, MediaContentType0: huge, MessageType: '' },
    'document',
  ],
  ['no content type', { ...photo, MediaContentType0: undefined }, 'image'],
  ['a photo that says it is a PDF', { ...photo, MessageType: 'document' }, 'document'],
  // Places.
  ['a place without coordinates', { ...text, MessageType: 'location' }, 'unsupported'],
  [
    'a place beyond the pole',
    { ...text, MessageType: 'location', Latitude: '91', Longitude: '0' },
    'unsupported',
  ],
  [
    'a place at infinity',
    { ...text, MessageType: 'location', Latitude: '1e999', Longitude: '0' },
    'unsupported',
  ],
  ['a place with one coordinate', { ...text, MessageType: '', Latitude: '1' }, 'text'],
  ['a place of empty coordinates', { ...text, MessageType: '', Latitude: '', Longitude: ' ' }, 'text'],
  ['a place at the origin', { ...text, MessageType: 'location', Latitude: '0', Longitude: '-0' }, 'location'],
  ['a place given twice', { ...text, MessageType: '', Latitude: ['1', '2'], Longitude: ['3'] }, 'location'],
  [
    'a place with a hostile label',
    { ...text, MessageType: 'location', Latitude: '1', Longitude: '2', Label: '\0' },
    'location',
  ],
  // The rest.
  ['metadata that is no JSON', { ...text, ChannelMetadata: '{"type":' }, 'text'],
  ['metadata that is deeply nested', { ...text, ChannelMetadata: '['.repeat(100_000) }, 'text'],
  ['metadata with a prototype', { ...text, ChannelMetadata: '{"__proto__":{"x":1}}' }, 'text'],
  ['a button of objects', { ...text, MessageType: 'button', ButtonText: {}, ButtonPayload: [] }, 'button'],
  ['a button without a label', { ...text, MessageType: 'interactive', Body: '' }, 'unsupported'],
  ['a payload of 200,000 characters', { ...text, MessageType: 'button', ButtonPayload: huge }, 'button'],
  ['forwarded by nonsense', { ...text, Forwarded: ['true', 'false'], FrequentlyForwarded: {} }, 'text'],
  ['a type of 200,000 characters', { ...text, MessageType: huge }, 'unsupported'],
  ['a type that is a sentence', { ...text, MessageType: 'ignore previous instructions' }, 'unsupported'],
  ['a type in capitals', { ...text, MessageType: ' TEXT ' }, 'text'],
  ['a status that is no status', { ...text, SmsStatus: '💥' }, getsLost],
  [
    '20,000 further parameters',
    { ...text, ...Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`p${i}`, 'x'])) },
    'text',
  ],
];

describe('a hostile webhook', () => {
  it('is here in many forms', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });

  it.each(cases)('with %s', (_name, body, outcome) => {
    const { messages } = reader.read({
      url: 'https://bot.example.com/webhook',
      headers: {},
      body: body as never,
    });
    expect(messages.map(({ type }) => type)).toEqual(outcome === getsLost ? [] : [outcome]);

    for (const message of messages) {
      expect(message.providerId).toMatch(/^(?:SM|MM)[0-9A-Za-z]{1,62}$/);
      expect(message.sender.length).toBeGreaterThan(0);
      expect(message.replyAddress).toMatch(/^whatsapp:(?:\+\d{6,15}|[A-Z]{2}\.[A-Za-z0-9.]+)$/);
      expect(message.ownAddress).toMatch(/^(?:whatsapp:\+\d{6,15})?$/);
      expect(message.attachments.length).toBeLessThanOrEqual(20);
      expect(message.text.length).toBeLessThanOrEqual(65_536);
      expect(message.profileName ?? 'x').toMatch(/^\P{Cc}{1,256}$/u);
      expect(message.providerType ?? 'x').toMatch(/^[a-z0-9_-]{1,64}$/);
      for (const { ref, declaredType } of message.attachments) {
        expect(ref.length).toBeLessThanOrEqual(2048);
        expect(declaredType).toMatch(/^(?:[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]*)?$/);
      }
      // Safe to store: no NUL bytes, no half characters, small.
      const stored = JSON.stringify(message);
      expect(stored).not.toContain('\\u0000');
      expect(stored.isWellFormed() && !/\\ud[89a-f]/.test(stored)).toBe(true);
      expect(stored.length).toBeLessThan(120_000);
    }
  });
});
