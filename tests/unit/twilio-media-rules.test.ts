import { describe, expect, it } from 'vitest';
import { createMediaRules } from '#src/adapters/channels/twilio/media-rules.ts';
import { MediaUnusable } from '#src/domain/errors.ts';

const accountSid = `AC${'a'.repeat(32)}`;
const path = `/2010-04-01/Accounts/${accountSid}/Messages/MM${'b'.repeat(32)}/Media/ME${'c'.repeat(32)}`;
const ours = { accountSid, authToken: 'token', baseUrl: undefined, extraOrigins: [] };
const direct = createMediaRules(ours);
const proxied = createMediaRules({
  ...ours,
  baseUrl: 'http://127.0.0.1:4010',
  extraOrigins: ['http://127.0.0.1:4011', 'https://media.example.com'],
});
const basic = `Basic ${Buffer.from(`${accountSid}:token`).toString('base64')}`;

describe('a media link', () => {
  it.each([
    `https://api.twilio.com${path}`,
    `https://api.dublin.ie1.twilio.com${path}`,
    `https://api.au1.twilio.com${path}`,
  ])('of Twilio is asked with credentials: %s', (link) => {
    expect(direct.begin(link)).toEqual({ url: new URL(link), authorization: basic });
  });

  it('goes to TWILIO_BASE_URL with its path kept', () => {
    const { url, authorization } = proxied.begin(`https://api.twilio.com${path}`);
    expect(url.href).toBe(`http://127.0.0.1:4010${path}`);
    expect(authorization).toBe(basic);
  });

  it('of an extra origin is asked without credentials', () => {
    const link = 'https://media.example.com/file?key=1';
    expect(proxied.begin(link)).toEqual({ url: new URL(link), authorization: undefined });
  });

  it('names the account where none is configured', () => {
    const rules = createMediaRules({ ...ours, accountSid: '' });
    expect(rules.begin(`https://api.twilio.com${path}`).authorization).toBe(basic);
  });

  it.each([
    ['is no address', 'not a link'],
    ['is empty', ''],
    ['is a file on disk', 'file:///etc/passwd'],
    ['is of another protocol', `ftp://api.twilio.com${path}`],
    ['is unencrypted', `http://api.twilio.com${path}`],
    ['has another port', `https://api.twilio.com:8443${path}`],
    ['brings its own user', `https://user:pass@api.twilio.com${path}`],
    ['hides the host behind a user', `https://api.twilio.com@evil.example${path}`],
    ['is of a host that ends alike', `https://api.twilio.com.evil.example${path}`],
    ['is of a host that begins alike', `https://evilapi.twilio.com${path}`],
    ['is of a host with a dot at the end', `https://api.twilio.com.${path}`],
    ['is of another Twilio host', `https://messaging.twilio.com${path}`],
    ['is of a storage host', 'https://bucket.s3.amazonaws.com/x'],
    ['is of another account', `https://api.twilio.com${path.replace(accountSid, `AC${'f'.repeat(32)}`)}`],
    ['is the list of all messages', `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Messages.json`],
    ['climbs out of its path', `https://api.twilio.com${path}/../../../../Calls.json`],
    ['hides a slash', `https://api.twilio.com${path.replace('/Media/', '%2fMedia%2f')}`],
    ['is this machine', 'http://127.0.0.1/'],
    ['is this machine in octal', 'http://0177.0.0.1/'],
    ['is the cloud metadata service', 'http://169.254.169.254/latest/meta-data/'],
  ])('is refused when it %s', (_case, link) => {
    expect(() => direct.begin(link)).toThrow(expect.objectContaining({ problem: 'refused' }));
    expect(() => direct.begin(link)).toThrow(MediaUnusable);
  });

  it.each([
    'http://127.0.0.1:4012/x',
    'http://localhost:4010/x',
    'https://127.0.0.1:4010/x',
    'http://media.example.com/x',
  ])('is refused when only almost an allowed origin: %s', (link) => {
    expect(() => proxied.begin(link)).toThrow(expect.objectContaining({ problem: 'refused' }));
  });
});

describe('a redirect', () => {
  it.each([
    'https://media.twiliocdn.com/AC1/x',
    'https://mms.twiliocdn.com/x',
    'https://content.us1.twilio.com/x',
    'https://s3.amazonaws.com/com.twilio.prod/x',
    'https://s3-external-1.amazonaws.com/media.twiliocdn.com/x',
    'https://bucket.s3.eu-west-1.amazonaws.com/x?X-Amz-Signature=1',
    'https://bucket.s3-us-west-2.amazonaws.com/x',
  ])('may lead to %s', (target) => {
    expect(direct.follow(new URL(target))?.href).toBe(target);
  });

  it.each([
    'http://media.twiliocdn.com/x',
    'https://media.twiliocdn.com:8443/x',
    'https://twiliocdn.com.evil.example/x',
    'https://eviltwiliocdn.com/x',
    'https://evil.example/x',
    'https://ec2.amazonaws.com/x',
    'https://s3.amazonaws.com.evil.example/x',
    'https://nots3.amazonaws.com/x',
    'http://127.0.0.1:4010/x',
    'http://169.254.169.254/latest/meta-data/',
    'https://[::1]/x',
    'data:text/plain,hi',
  ])('may not lead to %s', (target) => {
    expect(direct.follow(new URL(target))).toBeUndefined();
  });

  it('may lead to the configured origins, port for port', () => {
    expect(proxied.follow(new URL('http://127.0.0.1:4011/x'))?.href).toBe('http://127.0.0.1:4011/x');
    expect(proxied.follow(new URL('http://127.0.0.1:4012/x'))).toBeUndefined();
  });

  it('back to Twilio goes through TWILIO_BASE_URL as well', () => {
    expect(proxied.follow(new URL('https://api.twilio.com/x?y'))?.href).toBe('http://127.0.0.1:4010/x?y');
  });
});
