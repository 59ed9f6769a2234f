import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type ServerUnderTest, signedForm, startServer } from './server-under-test.ts';

const sid = 'SM0123456789abcdef0123456789abcdef';
const form = { MessageSid: sid, From: 'whatsapp:+15550001111', Body: 'hello 🙂 + & =', NumMedia: '0' };
const publicUrl = 'https://bot.example.com';
const url = `${publicUrl}/webhook`;
const post = (
  server: ServerUnderTest,
  signed: ReturnType<typeof signedForm>,
  path = '/webhook',
  headers = {},
) => server.app.inject({ method: 'POST', url: path, ...signed, headers: { ...signed.headers, ...headers } });

describe('a webhook that Twilio signed', () => {
  it('is stored and answered with empty TwiML', async () => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const answer = await post(server, signedForm(url, form));
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/xml/);
    expect(answer.body).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>');
    expect(server.accepted).toMatchObject([{ providerId: sid, text: 'hello 🙂 + & =' }]);
  });

  it('is recognized with the query string its address has', async () => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const answer = await post(server, signedForm(`${url}?a=1&b=%20x`, form), '/webhook?a=1&b=%20x');
    expect(answer.statusCode).toBe(200);
  });

  it('is recognized without PUBLIC_URL by the address it was sent to', async () => {
    await using server = await startServer();
    const signed = signedForm('http://localhost:8000/webhook', form);
    expect((await post(server, signed, '/webhook', { host: 'localhost:8000' })).statusCode).toBe(200);
  });

  it('is recognized behind a trusted proxy that ends TLS', async () => {
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'bot.example.com' };
    await using trusting = await startServer({ env: { TRUST_PROXY: 'true' } });
    expect((await post(trusting, signedForm(url, form), '/webhook', forwarded)).statusCode).toBe(200);
    await using hops = await startServer({ env: { TRUST_PROXY: '1' } });
    expect((await post(hops, signedForm(url, form), '/webhook', forwarded)).statusCode).toBe(200);
    await using distrusting = await startServer();
    expect((await post(distrusting, signedForm(url, form), '/webhook', forwarded)).statusCode).toBe(403);
  });

  it('is answered with 200 and one log line when there is no message in it', async () => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const answer = await post(
      server,
      signedForm(url, { SmsStatus: 'delivered', To: 'whatsapp:+15550001111' }),
    );
    expect(answer.statusCode).toBe(200);
    expect(server.accepted).toEqual([]);
    expect(server.logText()).toContain('webhook without a message');
    expect(server.logText()).not.toContain('15550001111');
  });

  it('is asked for again when it cannot be stored', async () => {
    const accept = () => Promise.reject(new Error('disk is full'));
    const reader = { isAuthentic: () => true, read: () => ({ messages: [{} as never], events: [] }) };
    await using server = await startServer({
      deps: { webhook: { reader, accept, applyEvents: async () => {} } },
    });
    const answer = await post(server, signedForm(url, form));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.json().error.code).toBe('unavailable');
    expect(answer.body).not.toContain('disk');
    expect(server.logText()).toContain('disk is full');
  });

  it('is not asked for again when our own reader stumbles over it', async () => {
    const reader = {
      isAuthentic: () => true,
      read: () => {
        throw new TypeError('a bug');
      },
    };
    await using server = await startServer({
      deps: { webhook: { reader, accept: async () => {}, applyEvents: async () => {} } },
    });
    expect((await post(server, signedForm(url, form))).statusCode).toBe(200);
    expect(server.logText()).toContain('a bug');
  });
});

describe('a webhook that nobody can vouch for', () => {
  it.each([
    ['no signature', { 'x-twilio-signature': '' }],
    ['a wrong signature', { 'x-twilio-signature': 'bm90IGl0' }],
    ['a signature that is no base64', { 'x-twilio-signature': '%%%\u00e9' }],
  ])('is 403 with %s', async (_name, headers) => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const answer = await post(server, signedForm(url, form), '/webhook', headers);
    expect(answer.statusCode).toBe(403);
    expect(answer.json().error.code).toBe('forbidden');
    expect(server.accepted).toEqual([]);
  });

  it('is 403 when a parameter was added', async () => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const signed = signedForm(url, form);
    const answer = await post(server, { ...signed, payload: `${signed.payload}&Extra=1` });
    expect(answer.statusCode).toBe(403);
  });

  it('is 403 while no channel is configured', async () => {
    await using server = await startServer({
      deps: { webhook: { reader: undefined, accept: async () => {}, applyEvents: async () => {} } },
    });
    expect((await post(server, signedForm(url, form))).statusCode).toBe(403);
  });

  it('is 403 without body or type, and for a host that is none', async () => {
    await using server = await startServer();
    expect((await server.app.inject({ method: 'POST', url: '/webhook' })).statusCode).toBe(403);
    const empty = {
      method: 'POST',
      url: '/webhook',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    } as const;
    expect((await server.app.inject({ ...empty, payload: '' })).statusCode).toBe(403);
    const answer = await post(server, signedForm(url, form), '/webhook', { host: 'not a host' });
    expect(answer.statusCode).toBe(403);
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'nonsense'])(
    'is 403 as %s',
    async (type) => {
      await using server = await startServer();
      const answer = await post(server, signedForm(url, form), '/webhook', { 'content-type': type });
      expect(answer.statusCode).toBe(403);
      expect(answer.json().error.code).toBe('forbidden');
    },
  );

  it('warns the owner once a minute, not once a request', async () => {
    await using server = await startServer();
    const knock = () => server.app.inject({ method: 'POST', url: '/webhook' });
    const warnings = () => server.logText().split('webhook refused').length - 1;
    await knock();
    await knock();
    await knock();
    expect(warnings()).toBe(1);
    server.clock.time = new Date(server.clock.time.getTime() + 60_000);
    await knock();
    expect(warnings()).toBe(2);
    expect(server.logText()).toContain('"refused":3');
  });
});

describe('a hostile form', () => {
  it('with 200,000 parameters is refused before the signature is computed', async () => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const short = await post(server, { ...signedForm(url, form), payload: 'a&'.repeat(100_000) });
    expect(short.statusCode).toBe(413);
    const long = await post(server, { ...signedForm(url, form), payload: 'abc=def&'.repeat(200_000) });
    expect(long.statusCode).toBe(413);
    expect(long.json().error.code).toBe('too_large');
    expect(server.signatureChecks()).toBe(0);
  });

  it('with 300 parameters is still read, with 301 not', async () => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const many = (count: number) =>
      Object.fromEntries([
        ['MessageSid', sid],
        ...Array.from({ length: count - 1 }, (_, n) => [`p${n}`, '1']),
      ]);
    expect((await post(server, signedForm(url, many(300)))).statusCode).toBe(200);
    expect((await post(server, signedForm(url, many(301)))).statusCode).toBe(413);
  });

  it('of many megabytes is refused while it is still coming in', async () => {
    await using server = await startServer();
    await server.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.app.server.address() as { port: number };
    const sent = { bytes: 0 };
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        {
          port,
          host: '127.0.0.1',
          path: '/webhook',
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' },
        },
        (response) => {
          response.resume();
          request.destroy();
          resolve(response.statusCode);
        },
      );
      request.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' ? undefined : reject(error),
      );
      const more = () => {
        if (request.destroyed || sent.bytes > 200_000_000) return;
        sent.bytes += 65_536;
        request.write('x'.repeat(65_536), () => setImmediate(more));
      };
      more();
    });
    expect(status).toBe(413);
    expect(sent.bytes).toBeLessThan(100_000_000);
    expect(server.signatureChecks()).toBe(0);
  });

  it('may repeat names, name prototypes and hold NUL bytes', async () => {
    await using server = await startServer({ env: { PUBLIC_URL: publicUrl } });
    const hostile: Record<string, string | string[]> = Object.assign(Object.create(null), {
      MessageSid: sid,
      Body: ['one', 'two'],
      ['__proto__']: 'polluted',
      constructor: 'x',
      hasOwnProperty: 'x',
      toString: ['a', 'b'],
      'Body\0': '\0\0',
    });
    const answer = await post(server, signedForm(url, hostile));
    expect(answer.statusCode).toBe(200);
    expect(server.accepted).toHaveLength(1);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('with broken percent signs and bytes that are no UTF-8 never fails us', async () => {
    await using server = await startServer();
    for (const payload of [
      '%',
      'a=%ZZ&%E0%A4=1',
      'a=%FF%FE',
      '=&==&&&=',
      '__proto__[x]=1&__proto__=2',
      '\0=\0',
    ]) {
      const answer = await post(server, { ...signedForm(url, form), payload });
      expect(answer.statusCode, payload).toBe(403);
    }
  });
});

describe('the verification of a webhook address', () => {
  const env = { WHATSAPP_VERIFY_TOKEN: 'verify-me' };
  const ask = (server: ServerUnderTest, query: Record<string, string>) =>
    server.app.inject({ url: `/webhook?${new URLSearchParams(query)}` });
  const good = { 'hub.mode': 'subscribe', 'hub.verify_token': 'verify-me', 'hub.challenge': '1158201444' };

  it('returns the challenge as plain text for the right token', async () => {
    await using server = await startServer({ env });
    const answer = await ask(server, good);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('1158201444');
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    ['a wrong token', { ...good, 'hub.verify_token': 'verify-you' }],
    ['no token', { 'hub.mode': 'subscribe', 'hub.challenge': '1' }],
    ['another mode', { ...good, 'hub.mode': 'unsubscribe' }],
  ])('is 403 with %s', async (_name, query) => {
    await using server = await startServer({ env });
    expect((await ask(server, query)).statusCode).toBe(403);
  });

  it('is 403 for a token given twice and while none is configured', async () => {
    await using server = await startServer({ env });
    const twice = await server.app.inject({
      url: '/webhook?hub.mode=subscribe&hub.verify_token=verify-me&hub.verify_token=verify-me&hub.challenge=1',
    });
    expect(twice.statusCode).toBe(403);
    await using unconfigured = await startServer();
    expect((await ask(unconfigured, { ...good, 'hub.verify_token': '' })).statusCode).toBe(403);
  });

  it.each(['', 'x'.repeat(257), 'a\nb', 'ünïcode'])('does not echo %j', async (challenge) => {
    await using server = await startServer({ env });
    const answer = await ask(server, { ...good, 'hub.challenge': challenge });
    expect(answer.statusCode).toBe(400);
  });

  it('says that it is ready when nobody asks for anything', async () => {
    await using server = await startServer({ env });
    const answer = await server.app.inject({ url: '/webhook' });
    expect(answer.json()).toEqual({ status: 'ready' });
    expect(server.logText()).not.toContain('verify-me');
  });
});
