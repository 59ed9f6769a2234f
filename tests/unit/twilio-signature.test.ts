import { createHash } from 'node:crypto';
import twilio from 'twilio';
import { describe, expect, it } from 'vitest';
import { createTwilioWebhookReader } from '#src/adapters/channels/twilio/webhook-reader.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { signedWebhook, textMessage, type WebhookParams } from '#tests/support/twilio-webhook.ts';

const authToken = '0123456789abcdef0123456789abcdef';
const url = 'https://bot.example.com/webhook?tenant=a%20b';
const reader = createTwilioWebhookReader({ authToken, clock: createTestClock() });
const params = textMessage({ from: '+15550001111', body: 'Grüße 👋 & 1+1=2' });

function arrives(signed: { params: WebhookParams; url?: string; authToken?: string }) {
  const { headers } = signedWebhook({ authToken, url, ...signed });
  return { url, headers, body: { ...signed.params } as Record<string, unknown> };
}

describe('the signature of a webhook', () => {
  it('is accepted when Twilio made it', () => {
    expect(reader.isAuthentic(arrives({ params }))).toBe(true);
  });

  it('covers parameters nobody knows yet, and parameters given twice', () => {
    expect(
      reader.isAuthentic(arrives({ params: { ...params, NewIn2027: 'x', Body: ['b', 'a', 'b'] } })),
    ).toBe(true);
  });

  it('survives a port that a proxy added or took away', () => {
    const request = arrives({ params, url: 'https://bot.example.com:443/webhook?tenant=a%20b' });
    expect(reader.isAuthentic(request)).toBe(true);
  });

  it.each([
    ['another token', arrives({ params, authToken: 'f'.repeat(32) })],
    ['another address', arrives({ params, url: 'https://bot.example.com/webhook?tenant=b' })],
    ['an added parameter', { ...arrives({ params }), body: { ...params, Injected: '1' } }],
    ['a changed parameter', { ...arrives({ params }), body: { ...params, From: 'whatsapp:+15550009999' } }],
    ['a missing parameter', { ...arrives({ params }), body: {} }],
    ['no header', { ...arrives({ params }), headers: {} }],
    ['an empty header', { ...arrives({ params }), headers: { 'x-twilio-signature': '' } }],
    ['a wrong header', { ...arrives({ params }), headers: { 'x-twilio-signature': 'ü' } }],
    [
      'two headers, one of them good',
      (({ url, body, headers }) => ({
        url,
        body,
        headers: { 'x-twilio-signature': [headers['x-twilio-signature'] ?? '', 'x'] },
      }))(arrives({ params })),
    ],
    ['a relative address', { ...arrives({ params }), url: '/webhook' }],
    ['no address', { ...arrives({ params }), url: '' }],
  ])('is refused with %s', (_case, request) => {
    expect(reader.isAuthentic(request)).toBe(false);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'Body=hi'],
    ['a list', ['Body']],
    ['nested objects', { Body: { a: 1 } }],
    ['numbers', { NumMedia: 0 }],
    ['lists of objects', { Body: [{}] }],
  ])('is refused, not fatal, when the body is %s', (_case, body) => {
    // Signed for exactly this, as far as the library can: values it hashes as "[object Object]" must not pass.
    const signed = Object(body ?? {}) as Record<string, unknown>;
    const signature = twilio.getExpectedTwilioSignature(authToken, url, signed);
    const headers = { 'x-twilio-signature': signature };
    expect(reader.isAuthentic({ url, headers, body: body as never })).toBe(false);
  });

  // The common form of a webhook is checked without the SDK; it must say yes to nothing that the SDK would refuse, and the other way round.
  const addresses = [
    'https://bot.example.com/webhook',
    'https://bot.example.com:443/webhook',
    'https://bot.example.com:8443/webhook?x=1',
    'http://bot.example.com:80/',
    'http://127.0.0.1:34567/webhook',
    'http://[::1]/webhook',
    'http://[::1]:3000/webhook?tenant=1',
    'https://user:pass@bot.example.com/webhook',
    'https://user:pass@bot.example.com:443/webhook',
    'HTTPS://Bot.Example.Com/webhook',
    "https://bot.example.com/web'hook?q=it's&r=a%20b",
    'https://bot.example.com?x=1',
    'https://bot.example.com',
    'https://bot.example.com:/webhook',
    'https://bot.example.com/ä?ö=ü',
    'https:///webhook',
    'ftp://bot.example.com/webhook',
    '//bot.example.com/webhook',
    'bot.example.com/webhook',
    '/webhook',
    '',
  ];
  const forms: Record<string, string | string[]>[] = [
    {},
    { Body: '' },
    { Body: 'Grüße 👋\n&=+%', From: 'whatsapp:+15550001111' },
    { b: '1', a: '2', B: '3', A: '4', '10': '5', '9': '6', Ä: '7' },
    { Body: ['b', 'a', 'b'], From: 'x' },
    { Body: ['only'] },
    { __proto_: 'x', constructor: 'y', toString: 'z' },
    { Body: '\ud800 half a pair', '': 'no name' },
  ];
  const asTheSdk = (given: string, signature: string, form: Record<string, unknown>) => {
    try {
      return twilio.validateRequest(authToken, signature, given, form);
    } catch {
      return false;
    }
  };

  it.each(addresses)('is judged as the SDK judges it at %s', (given) => {
    let accepted = 0;
    for (const form of forms) {
      for (const signedFor of addresses) {
        const good = twilio.getExpectedTwilioSignature(authToken, signedFor, form);
        const spoilt = [
          good.toLowerCase(),
          `${good}=`,
          good.slice(0, -1),
          ` ${good}`,
          good.replace(/.=$/, 'B='),
        ];
        for (const signature of [good, ...spoilt]) {
          const request = { url: given, headers: { 'x-twilio-signature': signature }, body: form };
          const isAuthentic = reader.isAuthentic(request);
          expect(isAuthentic, `${signedFor} ${JSON.stringify(form)}`).toBe(asTheSdk(given, signature, form));
          if (isAuthentic) accepted += 1;
        }
      }
    }
    if (given.startsWith('https://bot')) expect(accepted).toBeGreaterThanOrEqual(forms.length);
  });

  it('is not computed for a form of absurd size', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`p${i}`, 'x']));
    expect(reader.isAuthentic(arrives({ params: many }))).toBe(false);
  });

  it('does not vouch for a JSON body', () => {
    const json = '{"Body":"hi"}';
    const jsonUrl = `${url}&bodySHA256=${createHash('sha256').update(json).digest('hex')}`;
    const signature = twilio.getExpectedTwilioSignature(authToken, jsonUrl, {});
    const request = { url: jsonUrl, headers: { 'x-twilio-signature': signature }, body: {} };
    expect(reader.isAuthentic(request)).toBe(false);
  });

  it('is worth nothing without a token', () => {
    const open = createTwilioWebhookReader({ authToken: '', clock: createTestClock() });
    expect(open.isAuthentic(arrives({ params, authToken: '' }))).toBe(false);
  });
});
