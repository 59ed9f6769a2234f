import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTwilioChannel } from '#src/adapters/channels/twilio/channel.ts';
import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import { exchange } from '#tests/support/exchange.ts';
import { createQuietLog } from '#tests/support/quiet-log.ts';
import { openTwilioStandIn, type TwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { newSid } from '#tests/support/twilio-webhook.ts';
import { testAccount } from '#tests/support/vendor-settings.ts';

describe('erasing at Twilio', () => {
  let twilio: TwilioStandIn;
  beforeEach(async () => {
    twilio = await openTwilioStandIn(testAccount);
  });
  afterEach(async () => {
    expect(twilio.problems).toEqual([]);
    await twilio[Symbol.asyncDispose]();
  });

  const erase = (providerIds: string[], refs: string[] = []) =>
    createTwilioChannel({
      ...testAccount,
      number: '+14155238886',
      baseUrl: twilio.url,
      extraOrigins: [],
      exchange,
      fetchFile: () => Promise.reject(new Error('nothing is fetched')),
      log: createQuietLog(),
    }).erase?.({ providerIds, refs }, { signal: new AbortController().signal });

  it('deletes files before the messages they belong to', async () => {
    const ref = twilio.addMedia(new Uint8Array([1]), 'image/png');
    const [sid, , media] = ref.split('/').slice(-3);
    await erase([sid ?? ''], [ref]);
    expect(twilio.deleted).toEqual([`${sid}/Media/${media}`, sid]);
  });

  it('does not mind what is gone already, and leaves other hosts’ files alone', async () => {
    const sid = newSid('SM');
    await erase([sid]);
    await erase([sid], ['https://files.example.com/x', 'no link at all']);
    expect(twilio.deleted).toEqual([sid]);
  });

  it.each([
    ['a message that is still on its way', 409, ProviderUnavailable],
    ['trouble at Twilio', 503, ProviderUnavailable],
    ['too many calls', 429, ProviderUnavailable],
    ['wrong credentials', 401, ProviderRefused],
  ])('tells of %s', async (_what, status, error) => {
    twilio.nextDeletes([status]);
    await expect(erase([newSid('SM')])).rejects.toBeInstanceOf(error);
    expect(twilio.deleted).toEqual([]);
  });
});
