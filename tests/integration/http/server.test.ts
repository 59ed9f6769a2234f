import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NotFound, ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import { startServer } from './server-under-test.ts';

describe('the front door', () => {
  it('tells programs what this is and takes browsers to the chat page', async () => {
    await using server = await startServer({ env: { APP_NAME: 'Ask Ana' } });
    expect((await server.app.inject('/')).json()).toMatchObject({
      name: 'Ask Ana',
      version: '0.0.0-test',
      environment: 'test',
      links: { docs: '/docs', chat: '/simulator' },
    });
    const browser = await server.app.inject({
      url: '/',
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect([browser.statusCode, browser.headers.location]).toEqual([302, '/simulator']);
  });

  it('is healthy, and says since when', async () => {
    await using server = await startServer();
    server.clock.time = new Date('2026-11-21T10:01:30.900Z');
    const answer = await server.app.inject('/health');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      status: 'ok',
      version: '0.0.0-test',
      uptime_seconds: 90,
      database: 'up',
      queue: { waiting: 2, running: 1, failed: 0, oldest_due_ms: 40 },
      channels: [],
    });
  });

  it('tells of a channel that has stopped, and goes on working', async () => {
    const since = new Date('2026-11-21T09:59:00.000Z');
    const stop = { since, code: '190', words: 'the access token has expired', triedAgainAt: since };
    const health = async () => ({
      database: true,
      queue: null,
      channels: [
        { name: 'twilio', state: 'working' } as const,
        { name: 'meta', state: 'stopped', stop } as const,
      ],
    });
    await using server = await startServer({ deps: { health } });
    const answer = await server.app.inject('/health');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      status: 'degraded',
      channels: [
        { name: 'twilio', state: 'working', code: null, reason: null, since: null, tried_again_at: null },
        {
          name: 'meta',
          state: 'stopped',
          code: '190',
          reason: 'the access token has expired',
          since: since.toISOString(),
          tried_again_at: since.toISOString(),
        },
      ],
    });
  });

  it.each([
    ['says so', async () => ({ database: false, queue: null })],
    ['fails', () => Promise.reject(new Error('the file is gone'))],
  ])('is 503 when the database check %s', async (_name, health) => {
    await using server = await startServer({ deps: { health } });
    const answer = await server.app.inject('/health');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ status: 'unavailable', database: 'down', queue: null });
    expect(answer.body).not.toContain('gone');
  });
});

describe('failures', () => {
  const pages = async (app: import('fastify').FastifyInstance) => {
    app.get('/missing', () => Promise.reject(new NotFound('There is no such chat')));
    app.get('/busy', () => Promise.reject(new ProviderUnavailable('Twilio is busy', { retryAfterMs: 1500 })));
    app.get('/refused', () => Promise.reject(new ProviderRefused('credentials', 'the vendor said SECRET')));
    app.get('/bug', () => Promise.reject(new TypeError('undefined is not SECRET')));
  };

  it.each([
    ['/missing', 404, 'not_found'],
    ['/busy', 503, 'provider_unavailable'],
    ['/refused', 502, 'provider_refused'],
    ['/bug', 500, 'internal'],
    ['/nowhere?token=SECRET', 404, 'not_found'],
    ['/%zz', 400, 'bad_request'],
  ])('%s is %i %s in the one shape', async (url, status, code) => {
    await using server = await startServer({ deps: { pages } });
    const answer = await server.app.inject(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({
      error: { code, message: expect.any(String), requestId: expect.any(String) },
    });
    expect(answer.body).not.toContain('SECRET');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('carry how long to wait, and are told in the log where they are ours', async () => {
    await using server = await startServer({ deps: { pages } });
    expect((await server.app.inject('/busy')).headers['retry-after']).toBe('2');
    await server.app.inject('/bug');
    expect(server.logText()).toContain('undefined is not SECRET');
  });

  it('have the same shape for what is not even HTTP', async () => {
    await using server = await startServer();
    await server.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.app.server.address() as { port: number };
    const talk = (text: string) =>
      new Promise<string>((resolve, reject) => {
        let heard = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(text));
        socket.on('data', (chunk) => {
          heard += chunk.toString();
        });
        socket.on('close', () => resolve(heard)).on('error', reject);
      });
    expect(await talk('HELO bot\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"bad_request"/);
    const longHeader = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`;
    expect(await talk(longHeader)).toMatch(/^HTTP\/1.1 431 [\s\S]*"code":"too_large"/);
  });
});

describe('headers', () => {
  it('keep browsers from running or framing anything that is not ours', async () => {
    await using server = await startServer();
    for (const url of ['/', '/nowhere', '/health']) {
      const { headers } = await server.app.inject(url);
      expect(headers['content-security-policy']).toContain("default-src 'self'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('same-origin');
      expect(headers['strict-transport-security']).toBeUndefined();
    }
    await using https = await startServer({ env: { PUBLIC_URL: 'https://bot.example.com' } });
    const { headers } = await https.app.inject('/');
    expect(headers['strict-transport-security']).toContain('max-age=');
    expect(headers['content-security-policy']).toContain('upgrade-insecure-requests');
  });

  it('open the API to the named origins and no others', async () => {
    await using server = await startServer({ env: { ALLOWED_ORIGINS: 'https://app.example.com' } });
    const preflight = (origin: string) =>
      server.app.inject({
        method: 'OPTIONS',
        url: '/api/v1/users',
        headers: {
          origin,
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization',
        },
      });
    const good = await preflight('https://app.example.com');
    expect(good.statusCode).toBe(204);
    expect(good.headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect(good.headers['access-control-allow-credentials']).toBeUndefined();
    expect((await preflight('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
    await using closed = await startServer();
    const answer = await closed.app.inject({
      url: '/health',
      headers: { origin: 'https://app.example.com' },
    });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the log', () => {
  it('has one line a request, without numbers, bodies or query strings', async () => {
    await using server = await startServer();
    await server.app.inject({ url: '/health?token=SECRET' });
    await server.app.inject({
      method: 'POST',
      url: '/api/v1/users',
      headers: server.bearer(),
      payload: { phone_number: '+491701234567' },
    });
    const lines = server
      .logText()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ msg }) => msg === 'request answered')).toMatchObject([
      { method: 'GET', route: '/health', status: 200 },
      { method: 'POST', route: '/api/v1/users', status: 201 },
    ]);
    expect(server.logText()).not.toMatch(/SECRET|170123|Bearer/);
  });
});
