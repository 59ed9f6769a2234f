import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { failureOf, openAiUnderTest, recording } from './ai-under-test.ts';

describe('uploading a recording', () => {
  it('sends every byte in its place, also of several at once', async () => {
    await using openai = await openOpenAiStandIn();
    const { ai } = openAiUnderTest(openai.url);
    const sounds = [0, 1, 262_144, 262_145, 5_000_003].map((length) =>
      Buffer.from(Uint8Array.from({ length: length || 2 }, (_, at) => (at * 7 + (at >> 8) + length) % 256)),
    );
    await Promise.all(
      sounds.map(async (sound) => {
        await using voice = await recording(sound);
        await ai.transcribe(voice.request());
      }),
    );
    const arrived = openai.calls.map((call) => call.sound?.bytes ?? Buffer.alloc(0));
    for (const sound of sounds) expect(arrived.some((bytes) => bytes.equals(sound))).toBe(true);
    expect(openai.problems).toEqual([]);
  });

  it('says how long it is beforehand, and who it is', async () => {
    let headers: IncomingMessage['headers'] = {};
    await using server = await serve(async (request, response) => {
      headers = request.headers;
      const body = await buffer(request);
      heard(response, `${body.length}`);
    });
    await using voice = await recording(Buffer.alloc(1_000_000));
    const { text } = await openAiUnderTest(server.url).ai.transcribe(voice.request());
    expect(headers['content-length']).toBe(text);
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(headers.authorization).toBe('Bearer sk-test-not-a-key');
  });

  it('takes an answer that comes before everything is sent', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(413, { 'content-type': 'application/json' });
      response.end(
        '{"error":{"message":"too large","type":"invalid_request_error","param":null,"code":null}}',
      );
    });
    await using voice = await recording(Buffer.alloc(20_000_000));
    const failure = await failureOf(openAiUnderTest(server.url).ai.transcribe(voice.request()));
    expect(failure).toMatchObject({ code: 'media_unusable', problem: 'too_large' });
  });

  it('tries again when the connection breaks in the middle', async () => {
    let calls = 0;
    await using server = await serve(async (request, response) => {
      calls += 1;
      if (calls === 1) return void request.once('data', () => request.destroy());
      await buffer(request);
      heard(response, 'all of it');
    });
    await using voice = await recording(Buffer.alloc(20_000_000));
    const { text } = await openAiUnderTest(server.url).ai.transcribe(voice.request());
    expect([text, calls]).toEqual(['all of it', 2]);
  });

  it('gives up on a server that does not read', async () => {
    await using server = await serve((request) => void request.pause());
    await using voice = await recording(Buffer.alloc(20_000_000));
    const timeouts = { replyMs: 200, transcribeMs: 200 };
    const { ai } = openAiUnderTest(server.url, { timeouts });
    const failure = await failureOf(ai.transcribe(voice.request()));
    expect(failure).toMatchObject({ code: 'provider_unavailable', vendorCode: 'timeout' });
  });
});

interface Served extends AsyncDisposable {
  readonly url: string;
}

function heard(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ text }));
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<Served> {
  const server = createServer((request, response) => {
    // A connection that breaks is what some of these servers are for.
    request.on('error', () => {});
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
