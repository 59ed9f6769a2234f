import { describe, expect, it } from 'vitest';
import { createTwilioWebhookReader } from '#src/adapters/channels/twilio/webhook-reader.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import {
  buttonReply,
  locationMessage,
  mediaMessage,
  newSid,
  statusCallback,
  textMessage,
  type WebhookParams,
} from '#tests/support/twilio-webhook.ts';

const reader = createTwilioWebhookReader({ authToken: 'unused', clock: createTestClock() });
const ana = { from: '+15550001111', profileName: 'Ana', bsuid: 'US.13491208655302741918' };
const link = 'https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1';

const parse = (body: WebhookParams) =>
  reader.read({ url: 'https://bot.example.com/webhook', headers: {}, body: { ...body } }).messages;

function only(body: WebhookParams) {
  const messages = parse(body);
  expect(messages).toHaveLength(1);
  const [message] = messages;
  if (!message) throw new Error('unreachable');
  return message;
}

describe('a webhook becomes a message', () => {
  it('with text, sender and both numbers', () => {
    const messageSid = newSid('SM');
    expect(only(textMessage({ ...ana, messageSid, body: ' hello\nthere 👋 ' }))).toEqual({
      channel: 'twilio',
      providerId: messageSid,
      sender: [
        { kind: 'phone', scope: '', value: '+15550001111' },
        { kind: 'bsuid', scope: '', value: 'US.13491208655302741918' },
      ],
      replyAddress: 'whatsapp:+15550001111',
      ownAddress: 'whatsapp:+14155238886',
      profileName: 'Ana',
      type: 'text',
      text: ' hello\nthere 👋 ',
      attachments: [],
      location: undefined,
      button: undefined,
      quotedProviderId: undefined,
      forwarded: false,
      providerType: undefined,
    });
  });

  it('even when the text is empty', () => {
    expect(only(textMessage({ ...ana, body: '' }))).toMatchObject({ type: 'text', text: '' });
  });

  it.each([
    ['image', 'image/jpeg', undefined, 'image'],
    ['voice note', 'audio/ogg; codecs=opus', 'audio', 'voice'],
    ['video', 'video/mp4', undefined, 'video'],
    ['sticker', 'image/webp', 'sticker', 'sticker'],
    ['PDF', 'application/pdf', 'document', 'pdf'],
    ['spreadsheet', 'application/vnd.ms-excel', 'document', 'document'],
    ['contact card', 'text/vcard', 'document', 'contact'],
    ['contact card under its own name', 'text/x-vcard', 'contacts', 'contact'],
    ['photo of a type Twilio may add', 'image/jpeg', 'ptv', 'image'],
    ['PDF that calls itself text', 'application/pdf', 'text', 'pdf'],
  ])('with a %s', (_case, contentType, messageType, type) => {
    const message = only(
      mediaMessage({
        ...ana,
        media: [{ url: link, contentType }],
        body: 'look',
        ...(messageType && { messageType }),
      }),
    );
    expect(message).toMatchObject({
      type,
      text: 'look',
      attachments: [{ ref: link, declaredType: contentType.split(';')[0] }],
    });
  });

  it.each([
    ['audio/amr', 'voice'],
    ['image/png', 'image'],
    ['video/3gpp', 'video'],
    ['application/pdf', 'pdf'],
    ['text/plain', 'document'],
    ['text/vcard', 'contact'],
  ])('with a type taken from %s where MessageType is missing', (contentType, type) => {
    const { MessageType: _, ...body } = mediaMessage({ ...ana, media: [{ url: link, contentType }] });
    expect(only(body).type).toBe(type);
  });

  it('with a place', () => {
    const message = only(
      locationMessage({
        ...ana,
        latitude: -33.4489,
        longitude: -70.6693,
        label: 'Office',
        address: 'Alameda 1',
      }),
    );
    expect(message).toMatchObject({
      type: 'location',
      location: { latitude: -33.4489, longitude: -70.6693, name: 'Office', address: 'Alameda 1' },
    });
  });

  it('with a tapped button and what it answers', () => {
    const repliedSid = newSid('MM');
    expect(only(buttonReply({ ...ana, text: 'Yes', payload: 'confirm:42', repliedSid }))).toMatchObject({
      type: 'button',
      button: { text: 'Yes', payload: 'confirm:42' },
      quotedProviderId: repliedSid,
    });
  });

  it('with an entry picked from a list', () => {
    const body = textMessage({
      ...ana,
      body: '',
      extra: { MessageType: 'interactive', ListTitle: 'Tea', ListId: 't1' },
    });
    expect(only(body)).toMatchObject({ type: 'button', button: { text: 'Tea', payload: 't1' } });
  });

  it('with the quoted message and the forwarded mark', () => {
    const quoted = newSid('SM');
    const extra = { OriginalRepliedMessageSid: quoted, Forwarded: 'true' };
    expect(only(textMessage({ ...ana, body: 'that one', extra }))).toMatchObject({
      type: 'text',
      quotedProviderId: quoted,
      forwarded: true,
    });
  });

  it.each(['reaction', 'order', 'system'])('marked as unsupported for a %s', (name) => {
    expect(only(textMessage({ ...ana, body: '👍', extra: { MessageType: name } }))).toMatchObject({
      type: 'unsupported',
      providerType: name,
    });
  });
});

describe('a sender', () => {
  it('is known without a phone number', () => {
    const extra = { From: 'whatsapp:US.13491208655302741918', WaId: '', ExternalUserId: '' };
    expect(only(textMessage({ ...ana, body: 'hi', extra }))).toMatchObject({
      sender: [{ kind: 'bsuid', scope: '', value: 'US.13491208655302741918' }],
      replyAddress: 'whatsapp:US.13491208655302741918',
    });
  });

  it('gets answers at the phone number where WaId reveals it', () => {
    const extra = { From: 'whatsapp:US.13491208655302741918', WaId: '5215550001111' };
    expect(only(textMessage({ ...ana, body: 'hi', extra }))).toMatchObject({
      sender: [
        { kind: 'phone', value: '+525550001111' },
        { kind: 'bsuid', value: 'US.13491208655302741918' },
      ],
      replyAddress: 'whatsapp:+5215550001111',
    });
  });

  it('is the same person in both spellings of a number, and answered in their own', () => {
    const short = only(textMessage({ from: '+551187654321', body: 'oi' }));
    const long = only(textMessage({ from: '+5511987654321', body: 'oi' }));
    expect(short.sender[0]).toEqual(long.sender[0]);
    expect(short.replyAddress).toBe('whatsapp:+551187654321');
  });

  it('has every identity the webhook reveals, under either name of the parameter', () => {
    const extra = {
      ExternalUserId: '',
      ExternalUserIdentifier: 'US.42',
      ParentExternalUserId: 'whatsapp:US.ENT.7',
      ProfileUsername: '@Ana.Lopez',
    };
    expect(only(textMessage({ ...ana, body: 'hi', extra })).sender).toEqual([
      { kind: 'phone', scope: '', value: '+15550001111' },
      { kind: 'bsuid', scope: '', value: 'US.42' },
      { kind: 'parent_bsuid', scope: '', value: 'US.ENT.7' },
      { kind: 'username', scope: '', value: 'ana.lopez' },
    ]);
  });

  it.each(['US.', 'us.1', 'whatsapp:+1555', 'US.1 OR 1=1', `US.${'9'.repeat(129)}`, '🙂'])(
    'keeps their message when the external id is %s',
    (ExternalUserId) => {
      const message = only(textMessage({ ...ana, body: 'hi', extra: { ExternalUserId } }));
      expect(message.sender).toEqual([{ kind: 'phone', scope: '', value: '+15550001111' }]);
    },
  );
});

describe('no message comes of', () => {
  it.each(['queued', 'sent', 'delivered', 'read', 'undelivered', 'failed'])(
    'a status callback: %s',
    (status) => {
      expect(parse(statusCallback({ sid: newSid('SM'), status, to: ana.from, errorCode: 63016 }))).toEqual(
        [],
      );
    },
  );

  it('our own words coming back', () => {
    expect(parse(textMessage({ from: '+14155238886', body: 'echo' }))).toEqual([]);
  });

  it.each(['+15550001111', 'messenger:123', 'whatsapp:', ''])('the sender %s', (From) => {
    expect(parse(textMessage({ ...ana, body: 'hi', extra: { From } }))).toEqual([]);
  });
});
