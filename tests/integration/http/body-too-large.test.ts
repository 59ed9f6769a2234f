import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerUnderTest, startServer } from './server-under-test.ts';

const megabyte = Buffer.alloc(1024 * 1024, '+491701234567,Ana\n');
const path = '/api/v1/messages/bulk?template=news';

describe('a body that is too large', () => {
  let server: ServerUnderTest;
  let port: number;
  beforeAll(async () => {
    server = await startServer();
    await server.app.listen({ port: 0, host: '127.0.0.1' });
    port = (server.app.server.address() as { port: number }).port;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Sends all of it before it reads a word, as plain clients do. */
  async function sendFirst(megabytes: number, connection = 'close'): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      heard += error.code;
    });
    socket.pause();
    const headers = { host: 'bot', 'content-type': 'text/csv', connection, ...server.bearer() };
    const head = Object.entries({ ...headers, 'content-length': megabytes * megabyte.length });
    socket.write(
      `POST ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    );
    for (let sent = 0; sent < megabytes && !socket.destroyed; sent += 1)
      if (!socket.write(megabyte)) await Promise.race([new Promise((go) => socket.once('drain', go)), over]);
    if (connection !== 'close')
      socket.write('GET /health/live HTTP/1.1\r\nhost: bot\r\nconnection: close\r\n\r\n');
    socket.resume();
    await over;
    return heard;
  }

  it.each([
    ['with its length', Buffer.concat(Array<Buffer>(12).fill(megabyte))],
    ['in chunks', new ReadableStream({ pull: (to) => to.enqueue(megabyte) })],
  ])('gets an answer its sender can read, %s', async (_, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', ...server.bearer() },
      body,
      duplex: 'half',
    });
    expect([response.status, await response.json()]).toEqual([
      413,
      {
        error: { code: 'too_large', message: 'The body is larger than 8 MB.', requestId: expect.any(String) },
      },
    ]);
  });

  it('gets it as well where its sender listens only after the last byte', async () => {
    expect(await sendFirst(40)).toMatch(/^HTTP\/1.1 413 [\s\S]*"code":"too_large"/);
    // Kept alive, it takes the next request.
    expect(await sendFirst(40, 'keep-alive')).toMatch(/^HTTP\/1.1 413 [\s\S]*HTTP\/1.1 200 /);
  });

  it('is not read for ever', async () => {
    expect(await sendFirst(400)).toMatch(/ECONNRESET|EPIPE|^HTTP\/1.1 413 /);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
  });
});
