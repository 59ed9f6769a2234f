import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Twilio and OpenAI in one place, as lean as a server can be: nothing is checked, so that they are not what is measured. */
export interface LeanVendors {
  /** For TWILIO_BASE_URL and MEDIA_EXTRA_ORIGINS; OpenAI is at `/v1` below it. */
  readonly url: string;
  /** How long the model and the sending of a message take, in milliseconds; 0 answers at once. */
  delayMs: number;
  /** Called when somebody is sent a message, with the phone's digits. */
  onSend: (digits: string) => void;
  /** Called when the model's answer to the person with these digits has left, with the milliseconds it took. */
  onAnswer: (digits: string, ms: number) => void;
}

/** A file that people send: `ref` is what the media link ends with. */
export interface VendorFile {
  readonly ref: string;
  readonly path: string;
  readonly type: string;
}

/** The words of every message carry the sender's digits, so that the model's time can be told apart by person. */
export const signature = (digits: string) => `Yours, ${digits}.`;
const signed = /Yours, (\d+)\./g;

/**
 * Starts them on a free port.
 */
export async function openLeanVendors(options: {
  readonly files: readonly VendorFile[];
}): Promise<LeanVendors> {
  const files = new Map(
    options.files.map(({ ref, path, type }) => [ref, { bytes: readFileSync(path), type }]),
  );
  let sids = 0;
  const server = createServer((request, response) => void serve(request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const vendors: LeanVendors = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delayMs: 0,
    onSend: () => {},
    onAnswer: () => {},
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const arrivedAt = performance.now();
    if (request.method === 'GET') return serveFile(path, response);
    // Sound is let through unread; everything else is small text.
    if (path === '/v1/audio/transcriptions') {
      request.resume();
      return answer(response, 200, transcript);
    }
    const body = await text(request);
    if (path === '/v1/responses') {
      const digits = [...body.matchAll(signed)].at(-1)?.[1] ?? '';
      return answer(response, 200, reply, () => vendors.onAnswer(digits, performance.now() - arrivedAt));
    }
    if (path.endsWith('/Typing.json')) return answer(response, 200, '{"success":true}');
    vendors.onSend(new URLSearchParams(body).get('To')?.replace(/\D/g, '') ?? '');
    sids += 1;
    answer(response, 201, messageJson(`SM${sids.toString(16).padStart(32, '0')}`));
  }

  function serveFile(path: string, response: ServerResponse): void {
    const file = files.get(path.split('/').at(-1)?.slice(0, 4) ?? '');
    if (!file) return void response.writeHead(404).end();
    // Twilio's API sends every file request on to its CDN.
    if (!path.startsWith('/files/')) {
      return void response
        .writeHead(307, { location: `${vendors.url}/files/${path.split('/').at(-1)}` })
        .end();
    }
    response
      .writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length })
      .end(file.bytes);
  }

  function answer(response: ServerResponse, status: number, json: string, done?: () => void): void {
    const send = () => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(json),
      });
      response.end(json);
      done?.();
    };
    if (vendors.delayMs === 0) send();
    else setTimeout(send, vendors.delayMs);
  }

  return vendors;
}

const transcript = JSON.stringify({
  text: 'Please send the list to Ana before noon.',
  languages: [{ code: 'en' }],
  usage: { type: 'tokens', input_tokens: 80, output_tokens: 10, total_tokens: 90 },
});

const reply = JSON.stringify({
  id: 'resp_1',
  object: 'response',
  created_at: 1_790_000_000,
  status: 'completed',
  error: null,
  incomplete_details: null,
  model: 'gpt-6-luna',
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [
        {
          type: 'output_text',
          text: 'The list has **four** entries:\n\n- bread\n- milk\n- two lemons\n- a bag of rice\n\nShall I add anything?',
          annotations: [],
        },
      ],
    },
  ],
  usage: {
    input_tokens: 1400,
    input_tokens_details: { cached_tokens: 1024 },
    output_tokens: 40,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 1440,
  },
});

function messageJson(sid: string): string {
  return JSON.stringify({
    account_sid: 'AC',
    api_version: '2010-04-01',
    body: '',
    date_created: 'Sat, 21 Nov 2026 10:00:00 +0000',
    date_sent: null,
    date_updated: 'Sat, 21 Nov 2026 10:00:00 +0000',
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: 'whatsapp:+14155238886',
    messaging_service_sid: null,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: null,
    sid,
    status: 'queued',
    subresource_uris: {},
    to: '',
    uri: '',
  });
}
