import { describe, expect, it } from 'vitest';
import { createTwilioWebhookReader } from '#src/adapters/channels/twilio/webhook-reader.ts';
import type { ChannelEvent } from '#src/domain/channel-event.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { newSid, statusCallback } from '#tests/support/twilio-webhook.ts';
import { authToken, type ServerUnderTest, signedForm, startServer } from './server-under-test.ts';

const publicUrl = 'https://bot.example.com';
const sid = newSid('SM');
const form = statusCallback({ sid, status: 'undelivered', to: '+15550001111', errorCode: 63016 });

/** A server with the real reader, and what it was told. */
async function start(applied: ChannelEvent[], refuse?: Error): Promise<ServerUnderTest> {
  return startServer({
    env: { PUBLIC_URL: publicUrl },
    deps: {
      webhook: {
        reader: createTwilioWebhookReader({ authToken, clock: createTestClock() }),
        accept: () => Promise.reject(new Error('a status is no message')),
        applyEvents: async (events) => {
          if (refuse) throw refuse;
          applied.push(...events);
        },
      },
    },
  });
}
const post = (server: ServerUnderTest, path: string, signed: ReturnType<typeof signedForm>) =>
  server.app.inject({ method: 'POST', url: path, ...signed });

describe('a status callback', () => {
  it.each([
    ['/webhook/status', 204],
    // It was configured in the wrong place, and is applied all the same.
    ['/webhook', 200],
  ])('that came signed to %s is applied and answered %i', async (path, status) => {
    const applied: ChannelEvent[] = [];
    await using server = await start(applied);
    const answer = await post(server, path, signedForm(publicUrl + path, form));
    expect(answer.statusCode).toBe(status);
    expect(applied).toMatchObject([
      {
        kind: 'delivery',
        report: { channel: 'twilio', providerId: sid, state: 'failed', errorCode: '63016' },
      },
    ]);
    expect(server.logText()).not.toContain('15550001111');
  });

  it('with something changed, signed for another address or not at all is refused', async () => {
    const applied: ChannelEvent[] = [];
    await using server = await start(applied);
    const path = '/webhook/status';
    const signed = signedForm(publicUrl + path, form);
    const attempts = [
      { ...signed, payload: signed.payload.replace('undelivered', 'delivered') },
      { ...signed, payload: `${signed.payload}&ErrorCode=1` },
      signedForm(`${publicUrl}/webhook`, form),
      { ...signed, headers: { ...signed.headers, 'x-twilio-signature': '' } },
    ];
    for (const attempt of attempts) expect((await post(server, path, attempt)).statusCode).toBe(403);
    expect(applied).toEqual([]);
  });

  it('that says nothing is answered all the same: Twilio would only repeat it', async () => {
    const applied: ChannelEvent[] = [];
    await using server = await start(applied);
    const odd = { MessageSid: sid, MessageStatus: 'levitating', From: '', To: '' };
    const url = `${publicUrl}/webhook/status`;
    expect((await post(server, '/webhook/status', signedForm(url, odd))).statusCode).toBe(204);
    expect(applied).toEqual([]);
  });

  it('that cannot be stored is asked for again', async () => {
    await using server = await start([], new StorageUnavailable('the disk is full'));
    const answer = await post(server, '/webhook/status', signedForm(`${publicUrl}/webhook/status`, form));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });
});
