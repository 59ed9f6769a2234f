import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetaChannel } from '#src/adapters/channels/meta/channel.ts';
import { createGuardedFetch } from '#src/adapters/media/guarded-fetch.ts';
import { exchange } from '#tests/support/exchange.ts';
import { type MetaFault, metaFault } from '#tests/support/meta-answers.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { createQuietLog, type QuietLog } from '#tests/support/quiet-log.ts';
import { close, listen, type MediaFault } from '#tests/support/twilio-stand-in-media.ts';

const bytes = Buffer.from('OggS and so on');
/** So short that a test need not wait; the rules are the same. */
const limits = { headersMs: 300, totalMs: 3000, windowMs: 200, leastBytes: 1000 };

describe('a file from Meta', () => {
  let meta: MetaStandIn;
  let folder = '';
  let log: QuietLog;

  beforeEach(async () => {
    meta = await openMetaStandIn();
    folder = await mkdtemp(join(tmpdir(), 'fetch-'));
    log = createQuietLog();
  });
  afterEach(async () => {
    await meta[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  function fetch(
    ref: string,
    over: { extraOrigins?: readonly string[]; maxBytes?: number; signal?: AbortSignal } = {},
  ) {
    const extraOrigins = over.extraOrigins ?? meta.mediaOrigins;
    const fetchFile = createGuardedFetch({ exemptOrigins: [meta.url, ...extraOrigins], log, limits });
    const channel = createMetaChannel({ ...meta, baseUrl: meta.url, extraOrigins, exchange, fetchFile, log });
    return channel.fetchMedia(ref, {
      target: join(folder, 'file'),
      maxBytes: over.maxBytes ?? 1_000_000,
      signal: over.signal ?? new AbortController().signal,
    });
  }
  const withFault = (...faults: MediaFault[]) => meta.addMedia(bytes, 'audio/ogg; codecs=opus', faults);
  const leftovers = () => readdir(folder);

  it('comes by its id, over a link and a redirect, with the token for Meta’s own link alone', async () => {
    const target = join(folder, 'file');
    expect(await fetch(withFault())).toEqual({ path: target, bytes: bytes.length, contentType: 'audio/ogg' });
    expect(await readFile(target)).toEqual(bytes);
    expect(meta.filesAsked).toEqual({ links: 1, files: 1 });
    expect(meta.problems).toEqual([]);
  });

  it.each<MediaFault>([401, 403, 404, 410])(
    'is asked for anew, once, when its link ends in %j',
    async (status) => {
      expect(await fetch(withFault(status))).toMatchObject({ bytes: bytes.length });
      expect(meta.filesAsked).toEqual({ links: 2, files: 2 });
      expect(meta.problems).toEqual([]);
    },
  );

  it('is asked for anew when five minutes have passed', async () => {
    const id = withFault();
    await fetch(id);
    meta.expireLinks();
    expect(await fetch(id)).toMatchObject({ bytes: bytes.length });
    expect(meta.problems).toEqual([]);
  });

  it.each<[MediaFault, object, number]>([
    [403, { problem: 'unavailable' }, 2],
    [410, { problem: 'unavailable' }, 2],
    [404, { code: 'provider_unavailable', vendorCode: 'http_404' }, 2],
    [500, { code: 'provider_unavailable', vendorCode: 'http_500' }, 1],
    [{ status: 429, retryAfter: 3 }, { code: 'provider_unavailable', retryAfterMs: 3000 }, 1],
    ['endless', { problem: 'too_large' }, 1],
    ['says-huge', { problem: 'too_large' }, 1],
    ['cut-short', { code: 'provider_unavailable' }, 1],
    ['drip', { code: 'provider_unavailable', vendorCode: 'slow' }, 1],
    ['silent', { code: 'provider_unavailable' }, 1],
  ])('fails as it should and leaves nothing behind: %j', async (fault, error, asked) => {
    await expect(fetch(withFault(fault, fault))).rejects.toMatchObject(error);
    expect(meta.filesAsked.links).toBe(asked);
    expect(await leftovers()).toEqual([]);
    expect(meta.problems).toEqual([]);
  });

  it.each<[MetaFault, object]>([
    [{ status: 500 }, { code: 'provider_unavailable', uncertain: false }],
    [metaFault(131052), { code: 'provider_unavailable' }],
    [metaFault(4), { code: 'provider_unavailable', retryAfterMs: 60_000 }],
    [metaFault(100), { problem: 'unavailable' }],
    [metaFault(100, { subcode: 33 }), { problem: 'unavailable' }],
    [metaFault(190), { code: 'provider_refused', reason: 'credentials' }],
  ])('fails when its id is answered with %j', async (fault, error) => {
    meta.nextLinks([fault]);
    await expect(fetch(withFault())).rejects.toMatchObject(error);
    expect(meta.filesAsked).toEqual({ links: 1, files: 0 });
  });

  it.each([{ status: 404 }, metaFault(100, { status: 404 })])(
    'may lag behind its webhook: %j',
    async (fault) => {
      meta.nextLinks([fault, fault]);
      const id = withFault();
      await expect(fetch(id)).rejects.toMatchObject({ retryable: true, vendorCode: 'http_404' });
      expect(await fetch(id)).toMatchObject({ bytes: bytes.length });
    },
  );

  it('that nobody knows is not there', async () => {
    await expect(fetch('999')).rejects.toMatchObject({ problem: 'unavailable' });
  });

  it('may be exactly as large as allowed; a larger one is not even begun', async () => {
    const id = withFault();
    expect(await fetch(id, { maxBytes: bytes.length })).toMatchObject({ bytes: bytes.length });
    const larger = fetch(id, { maxBytes: bytes.length - 1 });
    await expect(larger).rejects.toMatchObject({ problem: 'too_large' });
    expect(meta.filesAsked).toEqual({ links: 2, files: 1 });
  });

  it('ends when told to', async () => {
    const stop = new AbortController();
    const fetching = fetch(withFault('silent'), { signal: stop.signal });
    stop.abort(new Error('shutting down'));
    await expect(fetching).rejects.toThrow('shutting down');
  });

  it.each([
    '',
    '../me',
    '1/../../me',
    '12?fields=x',
    '１２',
    '1'.repeat(33),
    'https://graph.facebook.com/1',
    'me',
  ])('is not asked for by the id %j', async (ref) => {
    await expect(fetch(ref)).rejects.toMatchObject({ problem: 'refused' });
    expect(meta.filesAsked.links).toBe(0);
  });

  describe('is not fetched', () => {
    it.each([
      'http://169.254.169.254/latest/meta-data/',
      'http://lookaside.fbsbx.com/x',
      'https://lookaside.fbsbx.com:8443/x',
      'https://lookaside.fbsbx.com.evil.example/x',
      'https://fbsbx.com.evil.example/x',
      'https://evilfbcdn.net/x',
      'https://www.facebook.com/x',
      'https://user:pass@lookaside.fbsbx.com/x',
      'file:///etc/passwd',
      'no link',
    ])('from %s, which hears no token', async (link) => {
      meta.nextLinks([{ link }]);
      await expect(fetch(withFault())).rejects.toMatchObject({ problem: 'refused' });
      expect(log.lines).toMatchObject([{ level: 'warn' }]);
      expect(JSON.stringify(log.lines)).not.toContain('meta-data');
    });

    it.each(['http://169.254.169.254/', 'https://evil.example/', 'http://localhost/', 'file:///etc/passwd'])(
      'when redirected to %s',
      async (redirectTo) => {
        await expect(fetch(withFault({ redirectTo }))).rejects.toMatchObject({ problem: 'refused' });
      },
    );

    it('from another port of an allowed host, which never hears of it', async () => {
      let asked = 0;
      const other = await listen((_request, response) => {
        asked += 1;
        response.end('secret');
      });
      meta.nextLinks([{ link: `${other.url}/x` }]);
      await expect(fetch(withFault())).rejects.toMatchObject({ problem: 'refused' });
      const redirectTo = `${other.url}/secret`;
      await expect(fetch(withFault({ redirectTo }))).rejects.toMatchObject({ problem: 'refused' });
      expect(asked).toBe(0);
      await close(other.server);
    });

    it('without the origin of its link being allowed', async () => {
      await expect(fetch(withFault(), { extraOrigins: [] })).rejects.toMatchObject({ problem: 'refused' });
    });
  });
});
