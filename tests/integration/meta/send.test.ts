import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetaChannel } from '#src/adapters/channels/meta/channel.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import { exchange } from '#tests/support/exchange.ts';
import { type MetaFault, metaFault } from '#tests/support/meta-answers.ts';
import type { MetaSendFault } from '#tests/support/meta-sent.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { ana, hidden, newWamid } from '#tests/support/meta-webhook.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';

const options = { signal: new AbortController().signal };

function part(over: Partial<OutboundPart> = {}): OutboundPart {
  const id = '0199b0aa-0000-7000-8000-000000000001';
  return { id, to: '15550001111', from: '1', text: 'Hello *Ana*', firstTriedAt: new Date(), ...over };
}

describe('the Meta channel', () => {
  let meta: MetaStandIn;
  let channel: Channel;
  const open = (over: Partial<Parameters<typeof createMetaChannel>[0]> = {}) =>
    createMetaChannel({
      accessToken: meta.accessToken,
      phoneNumberId: meta.phoneNumberId,
      apiVersion: meta.apiVersion,
      baseUrl: meta.url,
      exchange,
      fetchFile: () => Promise.reject(new Error('no file is fetched here')),
      log: createQuietLog(),
      ...over,
    });

  beforeEach(async () => {
    meta = await openMetaStandIn();
    channel = open();
  });
  afterEach(() => meta[Symbol.asyncDispose]());

  it('sends a text to a phone number, with our id of the part', async () => {
    const text = `${'ü'.repeat(4090)}\n😀 & `.trim();
    const sent = part({ text, quotes: 'wamid.HBgLasked' });
    const { providerId } = await channel.send(sent, options);
    expect(meta.problems).toEqual([]);
    expect(meta.sent).toMatchObject([{ id: providerId, to: '15550001111', recipient: undefined, text }]);
    expect(meta.sent[0]?.json).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '15550001111',
      context: { message_id: 'wamid.HBgLasked' },
      type: 'text',
      text: { body: text, preview_url: false },
      biz_opaque_callback_data: sent.id,
    });
  });

  it.each(['US.13491208655302741918', 'US.ENT.11815799212886844830'])(
    'never puts the user id %s in `to`',
    async (id) => {
      await channel.send(part({ to: id }), options);
      expect(meta.dropped).toEqual([]);
      expect(meta.sent).toMatchObject([{ to: undefined, recipient: id }]);
    },
  );

  it.each(['', 'whatsapp:+15550001111', 'uUS.1349', 'US.1349/x', '+', '@luis', '12'])(
    'sends nothing to %j',
    async (to) => {
      await expect(channel.send(part({ to }), options)).rejects.toMatchObject(
        refused('bad_address', 'recipient'),
      );
      expect(meta.attempts).toBe(0);
    },
  );

  it('has no way to look a message up', () => {
    expect(channel.findSent).toBeUndefined();
  });

  it('marks a message as read and shows typing in one call', async () => {
    const providerId = newWamid();
    await channel.showTyping({ providerId, to: '15550001111' }, options);
    expect(meta.typings).toEqual([providerId]);
    expect(meta.read).toEqual([providerId]);
    expect(meta.problems).toEqual([]);
  });

  it('says when typing could not be shown', async () => {
    meta.nextCalls([{ status: 500 }]);
    const typing = channel.showTyping({ providerId: newWamid(), to: '15550001111' }, options);
    await expect(typing).rejects.toMatchObject({ code: 'provider_unavailable', uncertain: false });
  });

  const unavailable = (vendorCode: string, uncertain: boolean, retryAfterMs?: number) => ({
    code: 'provider_unavailable',
    retryable: true,
    vendorCode,
    uncertain,
    retryAfterMs,
  });
  const code = (number: number, over: Partial<MetaFault> = {}) => metaFault(number, over);

  it.each<[MetaSendFault, object]>([
    [code(131056), unavailable('131056', false, 6_000)],
    [code(131056, { retryAfter: 9 }), unavailable('131056', false, 9_000)],
    [code(130429, { status: 429 }), unavailable('130429', false, 2_000)],
    [code(130429, { status: 429, retryAfter: 1 }), unavailable('130429', false, 2_000)],
    [code(80007), unavailable('80007', false, 60_000)],
    [code(4), unavailable('4', false, 60_000)],
    [{ status: 429, retryAfter: 2 }, unavailable('http_429', false, 2_000)],
    [code(131056), { rateLimit: 'person' }],
    [code(130429, { status: 429 }), { rateLimit: 'everybody' }],
    [{ status: 429 }, { rateLimit: 'everybody' }],
    [code(131000), { rateLimit: undefined }],
    [code(135000), unavailable('135000', false)],
    [code(999999, { isTransient: true }), unavailable('999999', false)],
    [code(100, { isTransient: true }), unavailable('100', false)],
    // These may have been said after the message was taken.
    [code(131000), unavailable('131000', true)],
    [code(2), unavailable('2', true)],
    [{ status: 500 }, unavailable('http_500', true)],
    [{ status: 503, retryAfter: 1 }, unavailable('http_503', true, 1_000)],
    ['drop-before', unavailable('UND_ERR_SOCKET', true)],
    ['drop-after', unavailable('UND_ERR_SOCKET', true)],
    ['broken-answer', unavailable('http_200_unreadable', true)],
    ['no-json', unavailable('http_200_unreadable', true)],
    ['no-message', unavailable('no_message_id', true)],
    // The owner must act.
    [code(190), refused('190', 'credentials')],
    [code(190, { isTransient: true }), refused('190', 'credentials')],
    [code(0), refused('0', 'credentials')],
    [code(3), refused('3', 'credentials')],
    [code(10), refused('10', 'credentials')],
    [code(200), refused('200', 'credentials')],
    [code(299), refused('299', 'credentials')],
    [{ status: 401 }, refused('http_401', 'credentials')],
    [{ status: 403 }, refused('http_403', 'credentials')],
    [code(100, { subcode: 33 }), refused('33', 'configuration')],
    [{ status: 302 }, refused('http_302', 'configuration')],
    [code(131042), refused('131042', 'account')],
    [code(131031), refused('131031', 'account')],
    [code(368), refused('368', 'account')],
    [code(131048), refused('131048', 'account')],
    [code(131064), refused('131064', 'account')],
    // This message alone.
    [code(131047), refused('131047', 'window')],
    [code(131026), refused('131026', 'recipient')],
    [code(131049), refused('131049', 'recipient')],
    [code(130472), refused('130472', 'recipient')],
    [code(130497), refused('130497', 'recipient')],
    [code(131030), refused('131030', 'recipient')],
    [code(131062), refused('131062', 'recipient')],
    [code(100), refused('100', 'request')],
    [code(131009), refused('131009', 'request')],
    [code(132001, { status: 404 }), refused('132001', 'request')],
    [code(999999), refused('999999', 'request')],
    [{ status: 404 }, refused('http_404', 'request')],
  ])('translates %j', async (fault, error) => {
    meta.nextSends([fault]);
    await expect(channel.send(part(), options)).rejects.toMatchObject(error);
    // Translating is all: one attempt, whatever came of it.
    expect(meta.attempts).toBe(1);
    expect(meta.problems).toEqual([]);
  });

  it('refuses an expired token for good, and goes on with a fresh one', async () => {
    meta.expireToken();
    await expect(channel.send(part(), options)).rejects.toMatchObject(refused('190', 'credentials'));
    await expect(open({ accessToken: 'wrong' }).send(part(), options)).rejects.toMatchObject(
      refused('190', 'credentials'),
    );
    meta.expireToken(false);
    await expect(channel.send(part(), options)).resolves.toMatchObject({ providerId: expect.any(String) });
  });

  it('asks nobody without a token', async () => {
    channel = open({ accessToken: '' });
    await expect(channel.send(part(), options)).rejects.toMatchObject(refused('no_account', 'credentials'));
    expect(meta.problems).toEqual([]);
  });

  it('keeps people, words and the token out of errors', async () => {
    meta.nextSends([code(131026, { details: 'Message to 15550001111 undeliverable' }), 'drop-before']);
    for (const _ of [1, 2]) {
      const error: unknown = await channel.send(part(), options).catch((cause: unknown) => cause);
      const told = JSON.stringify([String(error), String((error as Error).cause)]);
      expect(told).not.toMatch(/5550001111|Ana|EAAtest/);
    }
  });

  it('is certain that nothing was sent when nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    server.close();
    await once(server, 'close');
    channel = open({ baseUrl: `http://127.0.0.1:${port}` });
    await expect(channel.send(part(), options)).rejects.toMatchObject(unavailable('ECONNREFUSED', false));
  });

  it('stops waiting when told to, and does not know then', async () => {
    meta.nextSends(['silent']);
    const stop = new AbortController();
    const sending = channel.send(part(), { signal: stop.signal });
    await meta.waitForSent(1);
    stop.abort();
    await expect(sending).rejects.toMatchObject({ uncertain: true });
    await expect(channel.send(part(), { signal: stop.signal })).rejects.toBe(stop.signal.reason);
    expect(meta.attempts).toBe(1);
  });

  it('takes a base URL with a slash at its end, and a number with its plus', async () => {
    channel = open({ baseUrl: `${meta.url}/` });
    await channel.send(part({ to: hidden.bsuid }), options);
    await channel.send(part({ to: `+${ana.phone}` }), options);
    expect(meta.sent).toMatchObject([{ recipient: hidden.bsuid }, { to: ana.phone }]);
  });
});

function refused(vendorCode: string, reason: string) {
  return { code: 'provider_refused', retryable: false, vendorCode, reason };
}
