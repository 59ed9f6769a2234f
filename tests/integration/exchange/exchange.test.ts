import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchangeHere } from '#src/adapters/exchange/exchange.ts';
import { openExchange } from '#src/adapters/exchange/open-exchange.ts';
import type { Exchange } from '#src/ports/exchange.ts';

/* In the thread and without it an exchange is the same, in its failures as well: what callers decide by them must not depend on where. */

const thread = openExchange();
afterAll(() => thread[Symbol.asyncDispose]());

describe.each<[string, Exchange]>([
  ['on this thread', exchangeHere],
  ['in a thread of its own', thread.exchange],
])('an exchange %s', (_where, exchange) => {
  let answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;
  let server: Server;
  let url = '';
  const never = new AbortController().signal;
  const get = (signal = never) => exchange({ url, method: 'GET', headers: {}, body: null }, signal);

  beforeEach(async () => {
    server = createServer(
      (request, response) => void buffer(request).then((body) => answer(request, response, body)),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a%20path?q=1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('says all of the request and hears all of the answer', async () => {
    const heard: unknown[] = [];
    answer = (request, response, body) => {
      heard.push(request.method, request.url, request.headers['x-some'], body.toString());
      response.writeHead(418, { 'retry-after': '3', 'set-cookie': ['a=1', 'b=2'] }).end('Grüße 😀');
    };
    const request = { url, method: 'POST', headers: { 'x-some': 'header' }, body: 'Fräulein 💌' } as const;
    expect(await exchange(request, never)).toMatchObject({
      status: 418,
      headers: { 'retry-after': '3', 'set-cookie': ['a=1', 'b=2'] },
      body: 'Grüße 😀',
    });
    expect(heard).toEqual(['POST', '/a%20path?q=1', 'header', 'Fräulein 💌']);
  });

  it('mixes nothing up when there are many', async () => {
    answer = (_request, response, body) => {
      setTimeout(() => response.end(body), Math.random() * 20);
    };
    const said = Array.from({ length: 200 }, (_, index) => `${index} ${'x'.repeat(index * 50)}`);
    const post = (body: string) => exchange({ url, method: 'POST', headers: {}, body }, never);
    const answers = await Promise.all(said.map(post));
    expect(answers.map(({ body }) => body)).toEqual(said);
  });

  it('sends a form with a file whose name would end its quotation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'form-'));
    const path = join(folder, 'file');
    writeFileSync(path, 'what is in it');
    let received: FormData | undefined;
    answer = async (request, response, body) => {
      const headers = { 'content-type': request.headers['content-type'] ?? '' };
      received = await new Response(new Uint8Array(body), { headers }).formData();
      response.end('{}');
    };
    const form = {
      fields: { a: 'b' },
      fileField: 'file',
      path,
      fileName: 'a "b"\r\nc.txt',
      mimeType: 'text/plain',
    };
    expect(await exchange({ url, method: 'POST', headers: {}, body: form }, never)).toMatchObject({
      status: 200,
    });
    const file = received?.get('file') as File;
    expect([received?.get('a'), await file.text(), file.type]).toEqual(['b', 'what is in it', 'text/plain']);
    expect(file.name).toMatch(/^a ("|%22)b("|%22)/);
    await rm(folder, { recursive: true });
  });

  it('keeps the status of an answer that breaks off', async () => {
    answer = (_request, response) => {
      response.writeHead(503, { 'content-length': '100' }).write('half', () => response.destroy());
    };
    expect(await get()).toMatchObject({ status: 503, body: '', brokenBy: expect.stringMatching(/./) });
  });

  it('names what kept an answer from coming', async () => {
    answer = (request) => request.socket.destroy();
    await expect(get()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const nobody = { url: `http://127.0.0.1:${port}/`, method: 'GET', headers: {}, body: null } as const;
    await expect(exchange(nobody, never)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('takes no answer larger than a vendor has reason to give', async () => {
    answer = (_request, response) => void response.end(Buffer.alloc(5 * 1024 * 1024));
    const tooLarge = { status: 200, body: '', brokenBy: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' };
    expect(await get()).toMatchObject(tooLarge);
    const { pathname: path } = new URL(import.meta.url);
    const form = { fields: {}, fileField: 'file', path, fileName: 'file.ts', mimeType: 'text/plain' };
    expect(await exchange({ url, method: 'POST', headers: {}, body: form }, never)).toMatchObject(tooLarge);
  });

  it('ends with the reason of whoever called it off, and at the vendor as well', async () => {
    const stop = new AbortController();
    const reason = new Error('nobody waits for it any more');
    const left = Promise.withResolvers<void>();
    answer = (request) => {
      request.socket.once('close', () => left.resolve());
      stop.abort(reason);
    };
    await expect(get(stop.signal)).rejects.toBe(reason);
    await left.promise;
    await expect(get(stop.signal)).rejects.toBe(reason);
  });

  it('keeps the status of an answer that is called off in the middle', async () => {
    const stop = new AbortController();
    answer = (_request, response) => {
      response
        .writeHead(201, { 'content-length': '100' })
        .write('half', () => setTimeout(() => stop.abort(), 30));
    };
    expect(await get(stop.signal)).toMatchObject({ status: 201, body: '', brokenBy: expect.any(String) });
  });
});
