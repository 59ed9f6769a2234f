import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGuardedFetch } from '#src/adapters/media/guarded-fetch.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { close, listen } from '#tests/support/twilio-stand-in-media.ts';

type Handler = Parameters<typeof listen>[0];

describe('fetching from a host that is not trusted', () => {
  let folder = '';
  const servers: Awaited<ReturnType<typeof listen>>[] = [];
  const serve = async (handler: Handler) => {
    const server = await listen(handler);
    servers.push(server);
    return server.url;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guarded-'));
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map(({ server }) => close(server)));
    await rm(folder, { recursive: true });
  });

  function fetch(url: string, exemptOrigins: string[], follow = (target: URL): URL | undefined => target) {
    return createGuardedFetch({ exemptOrigins, log: createQuietLog(), limits: { connectMs: 500 } })({
      url: new URL(url),
      authorization: 'Basic c2VjcmV0',
      follow,
      target: join(folder, 'file'),
      maxBytes: 1_000_000,
      signal: new AbortController().signal,
    });
  }

  it('never sends credentials again once they left the first origin, not even on the way back', async () => {
    const seen: [string, string | undefined][] = [];
    const first = await serve((request, response) => {
      seen.push([`first ${request.url}`, request.headers.authorization]);
      if (request.url === '/back') return void response.end('bytes');
      response.writeHead(302, { location: request.url === '/' ? '/again' : `${second}/` }).end();
    });
    const second = await serve((request, response) => {
      seen.push([`second ${request.url}`, request.headers.authorization]);
      response.writeHead(302, { location: `${first}/back` }).end();
    });
    await fetch(first, [first, second]);
    expect(seen).toEqual([
      ['first /', 'Basic c2VjcmV0'],
      ['first /again', 'Basic c2VjcmV0'],
      ['second /', undefined],
      ['first /back', undefined],
    ]);
  });

  it('does not unpack what comes packed', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    expect(await fetch(url, [url])).toMatchObject({ bytes: bomb.length });
    expect(await readFile(join(folder, 'file'))).toEqual(bomb);
  });

  it('gives a file without a type or a body an honest description', async () => {
    const url = await serve((_request, response) => void response.writeHead(200).end());
    expect(await fetch(url, [url])).toMatchObject({ bytes: 0, contentType: '' });
  });

  it('exempts origins port for port, name for name', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.end('bytes');
    });
    const { port } = new URL(url);
    for (const exempt of ['http://127.0.0.1:1', `https://127.0.0.1:${port}`, `http://localhost:${port}`]) {
      await expect(fetch(url, [exempt])).rejects.toMatchObject({ problem: 'refused' });
    }
    expect(asked).toBe(0);
    await fetch(url, [url]);
    expect(asked).toBe(1);
  });

  // Allowed by name and scheme, refused by the address behind it: what a rebinding name server would try.
  it.each([
    'https://localhost/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://2130706433/',
  ])('dials no address that is not public: %s', async (url) => {
    await expect(fetch(url, [])).rejects.toMatchObject({ problem: 'refused' });
  });

  it('reports a name that does not exist as trouble of the host', async () => {
    await expect(fetch('https://media.invalid/', [])).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('does not take our own disk for the host', async () => {
    const url = await serve((_request, response) => void response.end('bytes'));
    await rm(folder, { recursive: true });
    await expect(fetch(url, [url])).rejects.toMatchObject({ code: 'ENOENT' });
    folder = await mkdtemp(join(tmpdir(), 'guarded-'));
  });

  it('fetches several files at once, and an abort ends its own alone', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/endless') return void response.write('bytes');
      response.end(request.url?.repeat(50_000));
    });
    const abort = new AbortController();
    const download = createGuardedFetch({ exemptOrigins: [url], log: createQuietLog() });
    const get = (name: string, signal = new AbortController().signal) =>
      download({
        url: new URL(`${url}/${name}`),
        follow: () => undefined,
        target: join(folder, name),
        maxBytes: 1_000_000,
        signal,
      });
    const endless = get('endless', abort.signal);
    const names = ['one', 'two', 'three'];
    await Promise.all(names.map((name) => get(name)));
    abort.abort(new Error('enough'));
    await expect(endless).rejects.toThrow('enough');
    for (const name of names) {
      expect(await readFile(join(folder, name), 'utf8')).toBe(`/${name}`.repeat(50_000));
    }
    // What was aborted has left nothing behind by the time its caller hears of it.
    expect((await readdir(folder)).toSorted()).toEqual(names.toSorted());
  });
});
