import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetaWebhookReader } from '#src/adapters/channels/meta/webhook-reader.ts';
import type { ChannelEvent } from '#src/domain/channel-event.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { type ServerUnderTest, startServer } from './server-under-test.ts';

const appSecret = 'the secret of the app';
const verifyToken = 'a word that both sides know';
const messages: InboundMessage[] = [];
const events: ChannelEvent[] = [];
let server: ServerUnderTest;

beforeAll(async () => {
  server = await startServer({
    env: { WHATSAPP_VERIFY_TOKEN: verifyToken },
    deps: {
      webhook: {
        reader: undefined,
        metaReader: createMetaWebhookReader({ appSecret, log: createQuietLog() }),
        accept: async (all) => void messages.push(...all),
        applyEvents: async (all) => {
          if (all.some((event) => event.kind === 'account')) throw new Error('the disk is full');
          events.push(...all);
        },
      },
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const text = (id: string, body: string) => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '102290129340398',
      changes: [
        {
          field: 'messages',
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '15550783881', phone_number_id: '106540352242922' },
            contacts: [
              { profile: { name: 'Ana' }, wa_id: '15550001111', user_id: 'US.13491208655302741918' },
            ],
            messages: [{ from: '15550001111', id, timestamp: '1795000000', type: 'text', text: { body } }],
          },
        },
      ],
    },
  ],
});
const sign = (body: string | Buffer, secret = appSecret) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  server.app.inject({
    method: 'POST',
    url: '/webhook/meta',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': sign(payload), ...headers },
    payload,
  });

describe("Meta's webhook", () => {
  it('takes what is signed, whatever bytes it is written with', async () => {
    const escaped = JSON.stringify(text('wamid.ONE', 'hola')).replace('hola', '\\u00a1hola! \\ud83d\\ude00');
    expect((await post(escaped)).statusCode).toBe(200);
    expect(messages.at(-1)).toMatchObject({ channel: 'meta', providerId: 'wamid.ONE', text: '¡hola! 😀' });
  });

  it.each([
    ['another secret', (body: string) => ({ 'x-hub-signature-256': sign(body, 'guessed') })],
    ['other bytes', (body: string) => ({ 'x-hub-signature-256': sign(`${body} `) })],
    ['no signature', () => ({ 'x-hub-signature-256': '' })],
    ['the old algorithm', () => ({ 'x-hub-signature-256': `sha1=${'0'.repeat(40)}` })],
  ])('refuses %s', async (_name, headers) => {
    const body = JSON.stringify(text('wamid.FORGED', 'let me in'));
    const before = messages.length;
    expect((await post(body, headers(body))).statusCode).toBe(403);
    expect(messages).toHaveLength(before);
  });

  it.each(['', 'null', '[]', '{"object":', '{}'])(
    'answers what is signed but says nothing: %j',
    async (body) => {
      expect((await post(body)).statusCode).toBe(200);
    },
  );

  it('takes a batch near 3 MB, and refuses 5 MB', async () => {
    const batch = text('wamid.BIG', 'x'.repeat(2_900_000));
    expect((await post(JSON.stringify(batch))).statusCode).toBe(200);
    expect((await post('x'.repeat(5 * 1024 * 1024))).statusCode).toBe(413);
  });

  it('applies delivery reports, and is asked again when they cannot be stored', async () => {
    const report = text('', '');
    const [change] = report.entry[0]?.changes ?? [];
    const value = { metadata: change?.value.metadata, messaging_product: 'whatsapp' };
    const statuses = [
      { id: 'wamid.OURS', status: 'delivered', timestamp: '1795000001', recipient_id: '1555' },
    ];
    const delivered = {
      ...report,
      entry: [{ id: '1', changes: [{ field: 'messages', value: { ...value, statuses } }] }],
    };
    expect((await post(JSON.stringify(delivered))).statusCode).toBe(200);
    expect(events.at(-1)).toMatchObject({ report: { providerId: 'wamid.OURS', state: 'delivered' } });
    const alert = {
      ...report,
      entry: [{ id: '1', changes: [{ field: 'account_update', value: { event: 'ACCOUNT_VIOLATION' } }] }],
    };
    const failed = await post(JSON.stringify(alert));
    expect([failed.statusCode, failed.headers['retry-after']]).toEqual([503, '5']);
  });

  it('is verified by the word that was chosen', async () => {
    const ask = (token: string) =>
      server.app.inject({
        method: 'GET',
        url: '/webhook/meta',
        query: { 'hub.mode': 'subscribe', 'hub.verify_token': token, 'hub.challenge': '1158201444' },
      });
    const answer = await ask(verifyToken);
    expect([answer.statusCode, answer.body]).toEqual([200, '1158201444']);
    expect((await ask('guessed')).statusCode).toBe(403);
  });
});
