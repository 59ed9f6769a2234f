import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetaWebhookReader } from '#src/adapters/channels/meta/webhook-reader.ts';
import type { MetaSent } from '#tests/support/meta-sent.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { approvedTemplate } from '#tests/support/meta-templates.ts';
import {
  ana,
  hidden,
  type MetaStatus,
  metaAccountId,
  metaAudio,
  metaBody,
  metaDocument,
  metaImage,
  metaReply,
  metaText,
  signedMetaWebhook,
} from '#tests/support/meta-webhook.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { close, listen } from '#tests/support/twilio-stand-in-media.ts';

const text = {
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: '15550001111',
  type: 'text',
  text: { body: 'hi' },
};

describe('the stand-in for Meta', () => {
  let meta: MetaStandIn;
  beforeEach(async () => {
    meta = await openMetaStandIn();
  });
  afterEach(() => meta[Symbol.asyncDispose]());

  async function post(json: object, over: { path?: string; token?: string } = {}) {
    const path = over.path ?? `/v26.0/${meta.phoneNumberId}/messages`;
    const answer = await fetch(meta.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${over.token ?? meta.accessToken}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(json),
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, object> };
  }

  it('takes a message, and says so as Meta does', async () => {
    expect(await post(text)).toEqual({
      status: 200,
      json: {
        messaging_product: 'whatsapp',
        contacts: [{ input: '15550001111', wa_id: '15550001111' }],
        messages: [{ id: meta.sent[0]?.id }],
      },
    });
    expect(meta.problems).toEqual([]);
  });

  it('drops a message to a user id in `to`, and says it took it', async () => {
    const { status, json } = await post({ ...text, to: hidden.bsuid });
    expect([status, json.messages]).toMatchObject([200, [{ id: expect.any(String) }]]);
    expect([meta.sent, meta.dropped.length, meta.problems.length]).toEqual([[], 1, 1]);
  });

  it.each<[string, object, number]>([
    ['an unknown field', { ...text, priority: 1 }, 100],
    ['no recipient', { ...text, to: undefined }, 131008],
    ['letters for a number', { ...text, to: 'ana' }, 131009],
    ['a number as user id', { ...text, to: undefined, recipient: '15550001111' }, 131009],
    ['no product', { ...text, messaging_product: undefined }, 131008],
    ['a long text', { ...text, text: { body: 'x'.repeat(4097) } }, 131009],
    ['no text', { ...text, text: { body: ' ' } }, 131009],
    ['a file nobody uploaded', { ...text, type: 'image', text: undefined, image: { id: '1' } }, 100],
    ['another type than its content', { ...text, type: 'image' }, 131008],
    [
      'what only the published document refuses',
      { ...text, type: 'image', text: undefined, image: { link: 'https://:443/a.png' } },
      100,
    ],
  ])('refuses %s', async (_, json, code) => {
    expect(await post(json)).toMatchObject({
      status: 400,
      json: { error: { code, type: 'OAuthException', fbtrace_id: expect.any(String) } },
    });
    expect(meta.problems).toHaveLength(1);
  });

  it.each([
    ['takes an upload', {}, 200],
    ['refuses an upload with a field the published document does not know', { caption: 'Ana' }, 400],
  ])('%s', async (_, extra, status) => {
    const form = new FormData();
    const fields = { messaging_product: 'whatsapp', type: 'text/plain', ...extra };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new File(['hi'], 'hi.txt', { type: 'text/plain' }));
    const answer = await fetch(`${meta.url}/v26.0/${meta.phoneNumberId}/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${meta.accessToken}` },
      body: form,
    });
    expect(answer.status).toBe(status);
    expect([meta.uploaded.length, meta.problems.length]).toEqual(status === 200 ? [1, 0] : [0, 1]);
  });

  it('refuses a wrong token, version or number', async () => {
    expect(await post(text, { token: 'no' })).toMatchObject({ status: 401, json: { error: { code: 190 } } });
    for (const path of [`/v1.0/${meta.phoneNumberId}/messages`, '/v26.0/1/messages']) {
      expect(await post(text, { path })).toMatchObject({ json: { error: { code: 100, error_subcode: 33 } } });
    }
    expect(meta.problems).toHaveLength(3);
  });

  it('lists its templates in pages, and sends none but those', async () => {
    const body = 'Hello {{1}}, {{2}}';
    meta.addTemplate(approvedTemplate('greeting', body));
    meta.addTemplate(approvedTemplate('greeting', body, { language: 'es', status: 'PAUSED' }));
    const list = async (url: string) => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${meta.accessToken}` } });
      return (await answer.json()) as { data: object[]; paging: { next?: string } };
    };
    const first = await list(`${meta.url}/v26.0/${metaAccountId}/message_templates?limit=1`);
    const second = await list(first.paging.next ?? '');
    expect([...first.data, ...second.data]).toMatchObject([{ language: 'en_US' }, { language: 'es' }]);
    expect(second.paging.next).toBeUndefined();

    const used = (name: string, code: string, count: number) => ({
      ...text,
      type: 'template',
      text: undefined,
      template: {
        name,
        language: { policy: 'deterministic', code },
        components: [{ type: 'body', parameters: Array(count).fill({ type: 'text', text: 'x' }) }],
      },
    });
    expect((await post(used('greeting', 'en_US', 2))).status).toBe(200);
    for (const [message, code] of [
      [used('greeting', 'en_US', 1), 132000],
      [used('greeting', 'es', 2), 132015],
      [used('farewell', 'en_US', 2), 132001],
    ] as const) {
      expect(await post(message)).toMatchObject({ json: { error: { code } } });
    }
    expect([meta.sent.length, meta.problems]).toEqual([1, []]);
  });

  it('reports what became of messages, signed, in any order and as often as wanted', async () => {
    for (const to of [{ to: '15550001111' }, { to: undefined, recipient: hidden.bsuid }]) {
      await post({ ...text, ...to, biz_opaque_callback_data: 'part-1' });
    }
    const [first, second] = meta.sent as [MetaSent, MetaSent];
    const reader = createMetaWebhookReader({ appSecret: meta.appSecret, log: createQuietLog() });
    const received: unknown[] = [];
    const { server, url } = await listen(async (request, response) => {
      const rawBody = Buffer.concat(await request.toArray());
      const body = JSON.parse(rawBody.toString()) as Record<string, unknown>;
      const webhook = { url: '', headers: request.headers, body, rawBody };
      expect(reader.isAuthentic(webhook)).toBe(true);
      received.push(...reader.read(webhook).events);
      response.end();
    });
    const error = { code: 131026, title: 'Message undeliverable' };
    const statuses: MetaStatus[] = [
      meta.statusOf(first, 'read'),
      meta.statusOf(first, 'sent'),
      meta.statusOf(first, 'sent'),
      meta.statusOf(second, 'failed', { error }),
    ];
    expect((await meta.report(url, statuses)).status).toBe(200);
    const report = { providerId: first.id, reference: 'part-1' };
    expect(received).toMatchObject([
      { kind: 'delivery', report: { ...report, state: 'read' } },
      { kind: 'delivery', report: { ...report, state: 'sent' } },
      { kind: 'delivery', report: { ...report, state: 'sent' } },
      { kind: 'delivery', report: { providerId: second.id, state: 'failed', errorCode: '131026' } },
    ]);
    await close(server);
  });
});

describe('a webhook made for a test', () => {
  const appSecret = 'beef'.repeat(8);
  const reader = createMetaWebhookReader({ appSecret, log: createQuietLog() });

  it('is one that the product believes and understands', () => {
    const body = metaBody({
      messages: [
        metaText({ from: ana, body: 'mañana 😀', quotes: 'wamid.ours' }),
        metaText({ from: hidden, body: 'hola' }),
        metaImage({ from: ana, mediaId: '11', caption: 'look' }),
        metaAudio({ from: ana, mediaId: '12' }),
        metaDocument({ from: ana, mediaId: '13', fileName: 'a.pdf' }),
        metaReply({ from: ana, payload: 'yes', title: 'Yes', quotes: 'wamid.ours' }),
      ],
    });
    const signed = signedMetaWebhook({ appSecret, body });
    expect(signed.body).toMatch(/ma\\u00f1ana \\ud83d\\ude00/);
    const rawBody = Buffer.from(signed.body);
    const webhook = { url: '', headers: signed.headers, rawBody, body: { ...body } };
    expect(reader.isAuthentic(webhook)).toBe(true);
    expect(reader.isAuthentic({ ...webhook, rawBody: Buffer.from(`${signed.body} `) })).toBe(false);
    expect(reader.read(webhook).messages).toMatchObject([
      { type: 'text', text: 'mañana 😀', replyAddress: ana.phone, quotedProviderId: 'wamid.ours' },
      { type: 'text', replyAddress: hidden.bsuid },
      { type: 'image', text: 'look', attachments: [{ ref: '11', declaredType: 'image/jpeg' }] },
      { type: 'voice', attachments: [{ ref: '12' }] },
      { type: 'pdf', attachments: [{ ref: '13', fileName: 'a.pdf' }] },
      { type: 'button', button: { text: 'Yes', payload: 'yes' } },
    ]);
  });
});
