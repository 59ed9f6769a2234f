import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTwilioChannel } from '#src/adapters/channels/twilio/channel.ts';
import { createGuardedFetch } from '#src/adapters/media/guarded-fetch.ts';
import { exchange } from '#tests/support/exchange.ts';
import { createQuietLog, type QuietLog } from '#tests/support/quiet-log.ts';
import { openTwilioStandIn, type TwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { close, listen, type MediaFault } from '#tests/support/twilio-stand-in-media.ts';
import { newSid } from '#tests/support/twilio-webhook.ts';

const accountSid = newSid('AC');
const authToken = 'f00d'.repeat(8);
const bytes = Buffer.from('OggS and so on');
/** So short that a test need not wait; the rules are the same. */
const limits = { headersMs: 300, totalMs: 3000, windowMs: 200, leastBytes: 1000 };

describe('a file from Twilio', () => {
  let twilio: TwilioStandIn;
  let folder = '';
  let log: QuietLog;

  beforeEach(async () => {
    twilio = await openTwilioStandIn({ accountSid, authToken });
    folder = await mkdtemp(join(tmpdir(), 'fetch-'));
    log = createQuietLog();
  });
  afterEach(async () => {
    await twilio[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  function fetch(
    link: string,
    over: { extraOrigins?: string[]; maxBytes?: number; signal?: AbortSignal; limits?: object } = {},
  ) {
    const extraOrigins = over.extraOrigins ?? [twilio.cdnUrl];
    const exemptOrigins = [twilio.url, ...extraOrigins];
    const fetchFile = createGuardedFetch({ exemptOrigins, log, limits: { ...limits, ...over.limits } });
    const channel = createTwilioChannel({
      accountSid,
      authToken,
      number: '',
      baseUrl: twilio.url,
      extraOrigins,
      exchange,
      fetchFile,
      log,
    });
    return channel.fetchMedia(link, {
      target: join(folder, 'file'),
      maxBytes: over.maxBytes ?? 1_000_000,
      signal: over.signal ?? new AbortController().signal,
    });
  }
  const withFault = (...faults: MediaFault[]) => twilio.addMedia(bytes, 'audio/ogg; codecs=opus', faults);
  const leftovers = () => readdir(folder);

  it('comes over a redirect, without credentials for the other host, readable by us alone', async () => {
    const target = join(folder, 'file');
    expect(await fetch(withFault())).toEqual({ path: target, bytes: bytes.length, contentType: 'audio/ogg' });
    expect(await readFile(target)).toEqual(bytes);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect(await leftovers()).toEqual(['file']);
    expect(twilio.problems).toEqual([]);
  });

  it('may be fetched again after a crash left a piece of it', async () => {
    await fetch(twilio.addMedia(Buffer.from('an older file, longer than the new one'), 'audio/ogg'));
    await fetch(withFault());
    expect(await readFile(join(folder, 'file'))).toEqual(bytes);
  });

  it.each<[MediaFault, object]>([
    [404, { code: 'provider_unavailable', vendorCode: 'http_404' }],
    [500, { code: 'provider_unavailable' }],
    [
      { status: 429, retryAfter: 3 },
      { code: 'provider_unavailable', retryAfterMs: 3000 },
    ],
    [
      { status: 503, retryAfter: 'soon' },
      { code: 'provider_unavailable', retryAfterMs: undefined },
    ],
    [401, { problem: 'unavailable' }],
    [403, { problem: 'unavailable' }],
    [410, { problem: 'unavailable' }],
    [304, { problem: 'unavailable' }],
    [206, { code: 'provider_unavailable' }],
    ['no-location', { problem: 'unavailable' }],
    ['redirect-loop', { problem: 'unavailable' }],
    ['endless', { problem: 'too_large' }],
    ['says-huge', { problem: 'too_large' }],
    ['cut-short', { code: 'provider_unavailable' }],
    ['drip', { code: 'provider_unavailable', vendorCode: 'slow' }],
    ['silent', { code: 'provider_unavailable', vendorCode: 'UND_ERR_HEADERS_TIMEOUT' }],
    ['drop', { code: 'provider_unavailable' }],
  ])('fails as it should and leaves nothing behind: %j', async (fault, error) => {
    await expect(fetch(withFault(fault))).rejects.toMatchObject(error);
    expect(await leftovers()).toEqual([]);
    expect(twilio.problems).toEqual([]);
  });

  it('can be fetched on the next try', async () => {
    const link = withFault(404);
    await expect(fetch(link)).rejects.toMatchObject({ retryable: true });
    expect(await fetch(link)).toMatchObject({ bytes: bytes.length });
  });

  it('may be exactly as large as allowed', async () => {
    expect(await fetch(withFault(), { maxBytes: bytes.length })).toMatchObject({ bytes: bytes.length });
    await expect(fetch(withFault(), { maxBytes: bytes.length - 1 })).rejects.toMatchObject({
      problem: 'too_large',
    });
  });

  it('ends with the deadline', async () => {
    const slow = { totalMs: 300, windowMs: 60_000 };
    await expect(fetch(withFault('drip'), { limits: slow })).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    expect(await leftovers()).toEqual([]);
  });

  it('ends when told to', async () => {
    const stop = new AbortController();
    const fetching = fetch(withFault('silent'), { signal: stop.signal, limits: { headersMs: 60_000 } });
    stop.abort(new Error('shutting down'));
    await expect(fetching).rejects.toThrow('shutting down');
  });

  describe('is not followed', () => {
    it.each([
      'http://169.254.169.254/latest/meta-data/',
      'http://[::ffff:169.254.169.254]/',
      'http://localhost/',
      'https://localhost/',
      'https://evil.example/',
      'file:///etc/passwd',
      'ftp://127.0.0.1/',
    ])('to %s', async (redirectTo) => {
      await expect(fetch(withFault({ redirectTo }))).rejects.toMatchObject({ problem: 'refused' });
      expect(log.lines).toEqual([
        { level: 'warn', facts: { host: new URL(redirectTo).host }, message: expect.any(String) },
      ]);
    });

    it('to another port of an allowed host, which never hears of it', async () => {
      let asked = 0;
      const other = await listen((_request, response) => {
        asked += 1;
        response.end('secret');
      });
      const link = withFault({ redirectTo: `${other.url}/secret?token=1` });
      await expect(fetch(link)).rejects.toMatchObject({ problem: 'refused' });
      expect(asked).toBe(0);
      expect(JSON.stringify(log.lines)).not.toContain('token');
      await close(other.server);
    });

    it('to an address with a user', async () => {
      const redirectTo = twilio.cdnUrl.replace('//', '//user:pass@');
      await expect(fetch(withFault({ redirectTo }))).rejects.toMatchObject({ problem: 'refused' });
    });

    it('to the CDN when its origin was not allowed', async () => {
      await expect(fetch(withFault(), { extraOrigins: [] })).rejects.toMatchObject({ problem: 'refused' });
    });

    it('from a link of somebody else', async () => {
      await expect(fetch('https://evil.example/2010-04-01/x?key=1')).rejects.toMatchObject({
        problem: 'refused',
      });
      expect(log.lines).toMatchObject([{ level: 'warn', facts: { host: 'evil.example' } }]);
    });
  });
});
