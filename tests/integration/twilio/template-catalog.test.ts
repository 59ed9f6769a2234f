import { expect, it } from 'vitest';
import { createTwilioTemplateCatalog } from '#src/adapters/channels/twilio/template-catalog.ts';
import { exchange } from '#tests/support/exchange.ts';
import { approvedContent } from '#tests/support/twilio-content.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { testAccount } from '#tests/support/vendor-settings.ts';

const sid = (digit: string) => `HX${digit.repeat(32)}`;
const signal = new AbortController().signal;

it('lists Content templates with their variables and what WhatsApp said, page by page', async () => {
  await using twilio = await openTwilioStandIn(testAccount);
  twilio.addContent(approvedContent(sid('1'), 'Hello {{1}}, {{name}} is ready'));
  twilio.addContent(
    approvedContent(sid('2'), 'Buy!', {
      approval: { status: 'REJECTED', category: 'MARKETING', rejection_reason: 'too loud' },
    }),
  );
  twilio.addContent(
    approvedContent(sid('3'), '', { types: { 'twilio/media': { media: [] } }, approval: { status: '' } }),
  );
  const catalog = createTwilioTemplateCatalog({ ...testAccount, baseUrl: twilio.url, exchange });
  expect(await catalog.list({ signal })).toMatchObject([
    {
      channel: 'twilio',
      name: sid('1'),
      language: 'en',
      title: 'a_text',
      category: 'utility',
      state: 'approved',
      reason: undefined,
      body: 'Hello {{1}}, {{name}} is ready',
      placeholders: { required: ['1', 'name'], optional: [] },
    },
    { name: sid('2'), category: 'marketing', state: 'rejected', reason: 'too loud' },
    { name: sid('3'), state: 'unsubmitted', body: '', placeholders: { required: [] } },
  ]);
  expect(twilio.problems).toEqual([]);
});

it('says what is wrong with the account', async () => {
  await using twilio = await openTwilioStandIn(testAccount);
  const catalog = createTwilioTemplateCatalog({
    ...testAccount,
    authToken: 'wrong',
    baseUrl: twilio.url,
    exchange,
  });
  await expect(catalog.list({ signal })).rejects.toMatchObject({
    code: 'provider_refused',
    vendorCode: '20003',
  });
});
