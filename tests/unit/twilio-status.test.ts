import { describe, expect, it } from 'vitest';
import { createTwilioWebhookReader } from '#src/adapters/channels/twilio/webhook-reader.ts';
import { createTestClock } from '#tests/support/test-clock.ts';
import { newSid, statusCallback, type WebhookParams } from '#tests/support/twilio-webhook.ts';

const clock = createTestClock();
const reader = createTwilioWebhookReader({ authToken: 'unused', clock });
const read = (body: WebhookParams | Record<string, unknown>) =>
  reader.read({ url: 'https://bot.example.com/webhook/status', headers: {}, body });
const sid = newSid('SM');
const callback = (status: string, extra: WebhookParams = {}) => ({
  ...statusCallback({ sid, status, to: '+15550001111' }),
  ...extra,
});

describe('a status callback of Twilio', () => {
  it.each([
    ['accepted', 'queued'],
    ['scheduled', 'queued'],
    ['queued', 'queued'],
    ['sending', 'queued'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['partially_delivered', 'delivered'],
    ['read', 'read'],
    ['READ', 'read'],
    ['undelivered', 'failed'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('%s is %s', (status, state) => {
    expect(read(callback(status))).toEqual({
      messages: [],
      events: [
        {
          kind: 'delivery',
          report: expect.objectContaining({ channel: 'twilio', providerId: sid, state, at: clock.now() }),
        },
      ],
    });
  });

  it('tells why it failed, without the number of the person', () => {
    const { events } = read(
      callback('undelivered', { ErrorCode: '63016', ErrorMessage: 'Outside the window of +1 555 000 1111' }),
    );
    expect(events).toMatchObject([
      { report: { state: 'failed', errorCode: '63016', errorTitle: 'Outside the window of …' } },
    ]);
  });

  it('falls back to what the channel says, and to the status where there is no code', () => {
    const { events } = read(
      callback('failed', { ErrorCode: 'none', ChannelStatusMessage: 'Not on WhatsApp' }),
    );
    expect(events).toMatchObject([{ report: { errorCode: 'failed', errorTitle: 'Not on WhatsApp' } }]);
  });

  it.each([
    ['a status nobody knows', callback('levitating')],
    ['a property of every object', callback('constructor')],
    ['no id', { MessageStatus: 'sent' }],
    ['an id that is none', { MessageStatus: 'sent', MessageSid: 'SM-1; drop' }],
    ['nothing', {}],
    ['lists', { MessageStatus: ['levitating'], MessageSid: [sid] }],
  ])('is nothing with %s', (_what, body) => {
    expect(read(body)).toEqual({ messages: [], events: [] });
  });
});
