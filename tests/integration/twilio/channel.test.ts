import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTwilioChannel } from '#src/adapters/channels/twilio/channel.ts';
import type { Channel, OutboundPart } from '#src/ports/channel.ts';
import { exchange } from '#tests/support/exchange.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { openTwilioStandIn, type SendFault, type TwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { newSid } from '#tests/support/twilio-webhook.ts';

const accountSid = newSid('AC');
const authToken = 'f00d'.repeat(8);
const number = '+14155238886';
const options = { signal: new AbortController().signal };

function part(text = 'Hello *Ana*', over: Partial<OutboundPart> = {}): OutboundPart {
  const to = 'whatsapp:+15550001111';
  return { id: 'p1', to, from: `whatsapp:${number}`, text, firstTriedAt: new Date(), ...over };
}

describe('the Twilio channel', () => {
  let twilio: TwilioStandIn;
  let channel: Channel;
  const open = (over: Partial<Parameters<typeof createTwilioChannel>[0]> = {}) =>
    createTwilioChannel({
      accountSid,
      authToken,
      number,
      baseUrl: twilio.url,
      extraOrigins: [],
      exchange,
      fetchFile: () => Promise.reject(new Error('no file is fetched here')),
      log: createQuietLog(),
      ...over,
    });

  beforeEach(async () => {
    twilio = await openTwilioStandIn({ accountSid, authToken });
    channel = open();
  });
  afterEach(() => twilio[Symbol.asyncDispose]());

  it('sends a text to a person', async () => {
    const text = `${'ü'.repeat(1590)}\n😀 & + %`;
    const { providerId } = await channel.send(part(text), options);
    expect(twilio.sent).toMatchObject([
      { sid: providerId, to: 'whatsapp:+15550001111', from: `whatsapp:${number}`, body: text },
    ]);
    expect(twilio.problems).toEqual([]);
  });

  it('answers from the number that was written to where none is configured', async () => {
    channel = open({ number: '' });
    await channel.send(part('hi', { from: 'whatsapp:+15557654321' }), options);
    expect(twilio.sent).toMatchObject([{ from: 'whatsapp:+15557654321' }]);
  });

  it('asks for reports of what becomes of it where Twilio can reach us', async () => {
    await channel.send(part(), options);
    channel = open({ statusCallback: 'https://bot.example.com/webhook/status' });
    await channel.send(part(), options);
    expect(twilio.sent.map(({ statusCallback }) => statusCallback)).toEqual([
      undefined,
      'https://bot.example.com/webhook/status',
    ]);
    expect(twilio.problems).toEqual([]);
  });

  it('says in plain words what a code means, and which ones stop everything', () => {
    expect(channel.explain?.('63003')).toEqual({ kind: 'final', words: 'the person is not on WhatsApp' });
    expect(channel.explain?.('63018')).toMatchObject({ kind: 'passes', retryAfterMs: 15_000 });
    expect(channel.explain?.('30008')).toMatchObject({ kind: 'passes', mostRepeats: 1 });
    for (const code of ['20003', '63007', '63038']) expect(channel.explain?.(code)?.kind).toBe('stops');
    expect(channel.explain?.('12345')).toBeUndefined();
  });

  it('shows typing for a message', async () => {
    const providerId = newSid('SM');
    await channel.showTyping({ providerId, to: 'whatsapp:+15550001111' }, options);
    expect(twilio.typings).toEqual([providerId]);
    expect(twilio.problems).toEqual([]);
  });

  it('says when typing could not be shown', async () => {
    twilio.nextTypings([500]);
    const message = { providerId: newSid('SM'), to: 'whatsapp:+15550001111' };
    await expect(channel.showTyping(message, options)).rejects.toMatchObject({
      code: 'provider_unavailable',
      uncertain: false,
    });
  });

  const unavailable = (vendorCode: string, uncertain: boolean, retryAfterMs?: number) => ({
    code: 'provider_unavailable',
    retryable: true,
    vendorCode,
    uncertain,
    retryAfterMs,
  });
  const refused = (vendorCode: string, reason: string) => ({
    code: 'provider_refused',
    retryable: false,
    vendorCode,
    reason,
  });

  it.each<[SendFault, object]>([
    [{ status: 429, retryAfter: 2 }, unavailable('20429', false, 2000)],
    [{ status: 429, code: 63018 }, unavailable('63018', false)],
    [{ status: 400, code: 63018 }, unavailable('63018', false)],
    [{ status: 400, code: 63018 }, { rateLimit: 'everybody' }],
    [{ status: 429 }, { rateLimit: 'everybody' }],
    [{ status: 503, retryAfter: 1 }, unavailable('http_503', false, 1000)],
    // These may have been said after the message was queued.
    [500, unavailable('http_500', true)],
    [502, unavailable('http_502', true)],
    ['drop-before', unavailable('UND_ERR_SOCKET', true)],
    ['drop-after', unavailable('UND_ERR_SOCKET', true)],
    ['broken-answer', unavailable('http_201_unreadable', true)],
    ['no-message', unavailable('http_201_unreadable', true)],
    [{ status: 401, code: 20003 }, refused('20003', 'credentials')],
    [401, refused('http_401', 'credentials')],
    [{ status: 400, code: 63016 }, refused('63016', 'window')],
    [{ status: 400, code: 21610 }, refused('21610', 'recipient')],
    [{ status: 400, code: 21211 }, refused('21211', 'recipient')],
    [{ status: 400, code: 63003 }, refused('63003', 'recipient')],
    [{ status: 400, code: 63015 }, refused('63015', 'recipient')],
    [{ status: 400, code: 63024 }, refused('63024', 'recipient')],
    [{ status: 400, code: 63007 }, refused('63007', 'configuration')],
    [{ status: 400, code: 63008 }, refused('63008', 'configuration')],
    [{ status: 400, code: 63020 }, refused('63020', 'configuration')],
    [{ status: 429, code: 63038 }, refused('63038', 'configuration')],
    [{ status: 400, code: 21617 }, refused('21617', 'request')],
    [{ status: 404 }, refused('http_404', 'request')],
    [{ status: 302 }, refused('http_302', 'configuration')],
  ])('translates %j', async (fault, error) => {
    twilio.nextSends([fault]);
    await expect(channel.send(part(), options)).rejects.toMatchObject(error);
    // Translating is all: one attempt, whatever came of it.
    expect(twilio.attempts).toBe(1);
    expect(twilio.problems).toEqual([]);
  });

  it('keeps people and credentials out of errors', async () => {
    twilio.nextSends([{ status: 400, code: 21211 }, 'drop-before']);
    for (const _ of [1, 2]) {
      const error: unknown = await channel
        .send(part('secret text'), options)
        .catch((cause: unknown) => cause);
      expect(JSON.stringify([String(error), String((error as Error).cause)])).not.toMatch(
        /5550001111|secret|f00d/,
      );
    }
  });

  it('refuses wrong credentials for good', async () => {
    channel = open({ authToken: 'wrong' });
    await expect(channel.send(part(), options)).rejects.toMatchObject(refused('20003', 'credentials'));
  });

  it.each(['', 'SKnot-an-account'])('asks nobody without an account (%j)', async (sid) => {
    channel = open({ accountSid: sid });
    await expect(channel.send(part(), options)).rejects.toMatchObject(refused('no_account', 'credentials'));
    expect(twilio.attempts).toBe(0);
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

  it('is certain that nothing was sent when the name is unknown', async () => {
    channel = open({ baseUrl: 'https://twilio.invalid' });
    await expect(channel.send(part(), options)).rejects.toMatchObject({ uncertain: false });
  });

  it('stops waiting when told to, and does not know then', async () => {
    twilio.nextSends(['silent']);
    const stop = new AbortController();
    const sending = channel.send(part(), { signal: stop.signal });
    await twilio.waitForSent(1);
    stop.abort();
    await expect(sending).rejects.toMatchObject({ uncertain: true });
    await expect(channel.send(part(), { signal: stop.signal })).rejects.toBe(stop.signal.reason);
    expect(twilio.attempts).toBe(1);
  });

  describe('asked about an uncertain part', () => {
    it.each<[SendFault, number]>([
      ['drop-before', 0],
      ['drop-after', 1],
      ['broken-answer', 1],
    ])('knows what became of it after %j', async (fault, known) => {
      const uncertain = part('the answer \r\n');
      twilio.nextSends([fault]);
      await expect(channel.send(uncertain, options)).rejects.toMatchObject({ uncertain: true });
      const found = await channel.findSent?.(uncertain, options);
      expect(found).toEqual(known === 0 ? null : { providerId: twilio.sent[0]?.sid });
      expect(twilio.problems).toEqual([]);
    });

    it('knows one with choices by what was sent', async () => {
      const choices = [
        { id: 'y', title: 'Yes' },
        { id: 'n', title: 'No', description: 'not today' },
      ];
      const uncertain = part('Shall I?', { choices });
      twilio.nextSends(['drop-after']);
      await expect(channel.send(uncertain, options)).rejects.toMatchObject({ uncertain: true });
      expect(twilio.sent[0]?.body).toBe('Shall I?\n\n1. Yes\n2. No – not today');
      expect(await channel.findSent?.(uncertain, options)).toEqual({ providerId: twilio.sent[0]?.sid });
    });

    it('is not misled by other messages', async () => {
      const asked = part('Yes');
      const mine = { to: asked.to, from: asked.from, body: 'Yes', at: new Date() };
      twilio.addHistory({ ...mine, body: 'No' });
      twilio.addHistory({ ...mine, to: 'whatsapp:+15550002222' });
      twilio.addHistory({ ...mine, from: 'whatsapp:+15557654321' });
      twilio.addHistory({ ...mine, direction: 'inbound' });
      twilio.addHistory({ ...mine, at: new Date(asked.firstTriedAt.getTime() - 60_000) });
      expect(await channel.findSent?.(asked, options)).toBeNull();
      const providerId = twilio.addHistory(mine);
      expect(await channel.findSent?.(asked, options)).toEqual({ providerId });
    });
  });
});
