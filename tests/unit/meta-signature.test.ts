import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMetaWebhookReader } from '#src/adapters/channels/meta/webhook-reader.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';

const appSecret = '0123456789abcdef0123456789abcdef';
const name = 'x-hub-signature-256';
const log = createQuietLog();
const reader = createMetaWebhookReader({ appSecret, log });

// As it travels: Meta escapes what is not ASCII. Parsed and written anew these would be other bytes.
const body = Buffer.from(
  '{"object":"whatsapp_business_account", "text":"Gr\\u00fc\\u00dfe \\ud83d\\udc4b","e":[]}\n',
);
const sign = (bytes: Uint8Array, secret = appSecret, algorithm = 'sha256') =>
  createHmac(algorithm, secret).update(bytes).digest('hex');
const good = `sha256=${sign(body)}`;

function isAuthentic(change: { header?: unknown; bytes?: unknown; headers?: unknown } = {}): boolean {
  const header = 'header' in change ? change.header : good;
  const rawBody = 'bytes' in change ? change.bytes : body;
  const headers = change.headers ?? { [name]: header };
  return reader.isAuthentic({ url: 'https://bot.example.com/', headers, body: {}, rawBody } as never);
}

const hex = good.slice('sha256='.length);
const longest = Buffer.alloc(4 * 1024 * 1024, 'x');

describe('the signature of a webhook of Meta’s', () => {
  it('is accepted when Meta made it', () => {
    expect(isAuthentic()).toBe(true);
    expect(isAuthentic({ bytes: new Uint8Array(body) })).toBe(true);
    expect(isAuthentic({ bytes: Buffer.alloc(0), header: `sha256=${sign(Buffer.alloc(0))}` })).toBe(true);
    expect(isAuthentic({ bytes: longest, header: `sha256=${sign(longest)}` })).toBe(true);
  });

  it('is over every byte of the body', () => {
    for (let index = 0; index < body.length; index += 1) {
      for (const bit of [1, 0x20, 0x80]) {
        const bytes = Buffer.from(body);
        bytes.writeUInt8(bytes.readUInt8(index) ^ bit, index);
        expect(isAuthentic({ bytes }), `byte ${index}`).toBe(false);
      }
    }
  });

  it.each([
    ['a byte less', body.subarray(0, -1)],
    ['a byte more', Buffer.concat([body, Buffer.from(' ')])],
    ['a byte order mark', Buffer.concat([Buffer.from('\ufeff'), body])],
    ['nothing in it', Buffer.alloc(0)],
    ['the same JSON written anew', Buffer.from(JSON.stringify(JSON.parse(body.toString())))],
    ['text instead of bytes', body.toString()],
    ['numbers instead of bytes', [...body]],
    ['no bytes', undefined],
    ['null', null],
  ])('is refused for a body with %s', (_case, bytes) => {
    expect(isAuthentic({ bytes })).toBe(false);
  });

  it('is of every digit of the header', () => {
    for (let index = 0; index < hex.length; index += 1) {
      const digit = hex[index] === '0' ? '1' : '0';
      const header = `sha256=${hex.slice(0, index)}${digit}${hex.slice(index + 1)}`;
      expect(isAuthentic({ header }), `digit ${index}`).toBe(false);
    }
  });

  it.each([
    ['no prefix', hex],
    ['another prefix', `sha1=${hex}`],
    ['a prefix in capitals', `SHA256=${hex}`],
    ['digits in capitals', `sha256=${hex.toUpperCase()}`],
    ['a digit less', good.slice(0, -1)],
    ['a digit more', `${good}0`],
    ['a blank before it', ` ${good}`],
    ['a line break after it', `${good}\n`],
    ['a NUL byte after it', `${good}\0`],
    ['letters that are no digits', `sha256=${'g'.repeat(64)}`],
    ['digits of another script', `sha256=${'١'.repeat(64)}`],
    ['the prefix alone', 'sha256='],
    ['nothing', ''],
    ['two of them in one', `${good}, ${good}`],
    ['a megabyte', `sha256=${'a'.repeat(1_000_000)}`],
    ['base64', `sha256=${Buffer.from(hex, 'hex').toString('base64')}`],
    ['SHA-1 of the same', `sha256=${sign(body, appSecret, 'sha1')}`],
    ['SHA-512 of the same', `sha256=${sign(body, appSecret, 'sha512')}`],
    ['a list', [good]],
    ['a list of two, one of them good', [good, 'x']],
    ['a number', 1],
    ['an object', { toString: () => good }],
    ['null', null],
    ['undefined', undefined],
  ])('is refused with a header of %s', (_case, header) => {
    expect(isAuthentic({ header })).toBe(false);
  });

  it('is refused without its header, or under an older one', () => {
    expect(isAuthentic({ headers: {} })).toBe(false);
    expect(isAuthentic({ headers: { 'x-hub-signature': `sha1=${sign(body, appSecret, 'sha1')}` } })).toBe(
      false,
    );
    expect(isAuthentic({ headers: Object.create(null) })).toBe(false);
  });

  it.each([
    ['another secret', 'f'.repeat(32)],
    ['a secret that is longer', `${appSecret}0`],
    ['a secret that is shorter', appSecret.slice(0, -1)],
    ['a secret in capitals', appSecret.toUpperCase()],
  ])('is refused when made with %s', (_case, secret) => {
    expect(isAuthentic({ header: `sha256=${sign(body, secret)}` })).toBe(false);
  });

  it('is worth nothing without a secret', () => {
    const open = createMetaWebhookReader({ appSecret: '', log });
    const header = `sha256=${createHmac('sha256', '').update(body).digest('hex')}`;
    expect(open.isAuthentic({ url: '', headers: { [name]: header }, body: {}, rawBody: body })).toBe(false);
  });
});
