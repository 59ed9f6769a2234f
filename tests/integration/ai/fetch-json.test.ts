import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callTimeouts } from '#src/adapters/ai/openai/client.ts';
import { retryOptions } from '#src/adapters/ai/openai/with-retries.ts';
import { failureOf, openAiUnderTest, replyRequest } from './ai-under-test.ts';

/* What servers do below the API: redirects, broken bodies, silence in the middle. */

const good = { status: 'completed', output: [{ type: 'message', content: [] as object[] }] };
good.output[0]?.content.push({ type: 'output_text', text: 'Grüße 😀' });

describe('an answer of the model on the wire', () => {
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  const server = createServer((request, response) => {
    void text(request).then((body) => answer(request, response, body));
  });
  let url = '';
  const underTest = (changes: Parameters<typeof openAiUnderTest>[1] = {}) =>
    openAiUnderTest(url, { retries: { ...retryOptions, attempts: 1 }, ...changes });

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('is read whatever pieces it comes in', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
      const bytes = Buffer.from(JSON.stringify(good));
      // In the middle of a character.
      const middle = bytes.indexOf(0xf0) + 2;
      response.write(bytes.subarray(0, middle));
      setTimeout(() => response.end(bytes.subarray(middle)), 20);
    };
    expect((await underTest().ai.reply(replyRequest())).text).toBe('Grüße 😀');
  });

  it('is asked for uncompressed, since nothing unpacks it', async () => {
    let encoding: unknown;
    answer = (request, response) => {
      encoding = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(good));
    };
    await underTest().ai.reply(replyRequest());
    expect(encoding).toBe('identity');
  });

  it('is found behind a redirect that keeps the question', async () => {
    const asked: string[] = [];
    answer = (request, response, body) => {
      asked.push(`${request.method} ${request.url} ${body.includes('What is the total?')}`);
      if (request.url === '/v1/responses') return void response.writeHead(307, { location: '/v2' }).end();
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(good));
    };
    expect((await underTest().ai.reply(replyRequest())).text).toBe('Grüße 😀');
    expect(asked.at(-1)).toBe('POST /v2 true');
  });

  it.each([
    [200, { code: 'provider_unavailable', vendorCode: 'unreadable_answer' }],
    [401, { code: 'provider_refused', reason: 'credentials', vendorCode: 'http_401' }],
    [503, { code: 'provider_unavailable', vendorCode: 'http_503', retryAfterMs: 30_000 }],
  ])('that breaks off counts by its status: %i', async (status, error) => {
    answer = (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '30' });
      response.write('{"id":', () => response.destroy());
    };
    expect(await failureOf(underTest().ai.reply(replyRequest()))).toMatchObject(error);
  });

  it('that falls silent in the middle is a timeout, and can be called off', async () => {
    const stop = new AbortController();
    const arrived = Promise.withResolvers<void>();
    answer = (_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .write('{"id":', () => arrived.resolve());
    };
    const impatient = underTest({ timeouts: { ...callTimeouts, replyMs: 80 } });
    expect(await failureOf(impatient.ai.reply(replyRequest()))).toMatchObject({ vendorCode: 'timeout' });
    const asking = failureOf(underTest().ai.reply(replyRequest({ signal: stop.signal })));
    await arrived.promise;
    stop.abort();
    expect(await asking).toMatchObject({ code: 'stopping', retryable: true });
  });

  it('without any content is an answer that cannot be read', async () => {
    answer = (_request, response) => void response.writeHead(204).end();
    expect(await failureOf(underTest().ai.reply(replyRequest()))).toMatchObject({
      vendorCode: 'unreadable_answer',
    });
  });
});
