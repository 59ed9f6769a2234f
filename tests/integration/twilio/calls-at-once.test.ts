import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTwilioChannel } from '#src/adapters/channels/twilio/channel.ts';
import type { Channel } from '#src/ports/channel.ts';
import { exchange } from '#tests/support/exchange.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { openTwilioStandIn, type TwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { newSid } from '#tests/support/twilio-webhook.ts';

const account = { accountSid: newSid('AC'), authToken: 'f00d'.repeat(8) };

const failureOf = (sending: Promise<unknown>) =>
  sending.then(
    () => 'sent',
    (error: unknown) => error,
  );

describe('calls to Twilio at the same time', () => {
  let twilio: TwilioStandIn;
  let channel: Channel;
  const send = (phone: number, signal = new AbortController().signal) =>
    channel.send(
      { id: `p${phone}`, to: personOf(phone), from: '', text: `to ${phone}`, firstTriedAt: new Date() },
      { signal },
    );
  const personOf = (phone: number) => `whatsapp:+${15_550_000_000 + phone}`;

  beforeEach(async () => {
    twilio = await openTwilioStandIn(account);
    channel = createTwilioChannel({
      ...account,
      number: '+14155238886',
      baseUrl: twilio.url,
      extraOrigins: [],
      exchange,
      fetchFile: () => Promise.reject(new Error('no file is fetched here')),
      log: createQuietLog(),
    });
  });
  afterEach(async () => {
    expect(twilio.problems).toEqual([]);
    await twilio[Symbol.asyncDispose]();
  });

  it('hear each their own answer, with its own headers', async () => {
    const phones = Array.from({ length: 30 }, (_, index) => index);
    const failing = (phone: number) => phone % 3 === 0;
    const phoneOf = (to: string) => phones.findIndex((phone) => personOf(phone) === to);
    twilio.sendsFail((to) => (failing(phoneOf(to)) ? { status: 429, retryAfter: 100 + phoneOf(to) } : 'ok'));
    const outcomes = await Promise.allSettled(phones.map((phone) => send(phone)));
    for (const [phone, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') {
        expect(failing(phone)).toBe(true);
        expect(outcome.reason).toMatchObject({ vendorCode: '20429', retryAfterMs: (100 + phone) * 1000 });
      } else {
        const sent = twilio.sent.find(({ to }) => to === personOf(phone));
        expect(outcome.value.providerId).toBe(sent?.sid);
      }
    }
  });

  it('are stopped each by their own signal', async () => {
    twilio.sendsFail((to) => (to === personOf(3) ? { status: 503, retryAfter: 1 } : 'silent'));
    const stops = [new AbortController(), new AbortController()] as const;
    const first = failureOf(send(1, stops[0].signal));
    const second = failureOf(send(2, stops[1].signal));
    const third = failureOf(send(3));
    await twilio.waitForSent(2);
    // What another call hears meanwhile is nothing to these two.
    expect(await third).toMatchObject({ vendorCode: 'http_503', retryAfterMs: 1000 });
    stops[0].abort();
    expect(await first).toMatchObject({ vendorCode: 'AbortError', uncertain: true });
    expect(await Promise.race([second, 'waits still'])).toBe('waits still');
    stops[1].abort();
    expect(await second).toMatchObject({ vendorCode: 'AbortError', uncertain: true });
  });

  it('work after one that was stopped', async () => {
    twilio.nextSends(['silent']);
    const stop = new AbortController();
    const stopped = failureOf(send(1, stop.signal));
    await twilio.waitForSent(1);
    stop.abort();
    expect(await stopped).toMatchObject({ uncertain: true });
    expect(await Promise.all([send(2), send(3)])).toHaveLength(2);
    await channel.showTyping(
      { providerId: newSid('SM'), to: personOf(1) },
      { signal: new AbortController().signal },
    );
    expect(twilio.typings).toHaveLength(1);
  });
});
