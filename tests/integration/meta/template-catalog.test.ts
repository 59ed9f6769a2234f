import { expect, it } from 'vitest';
import { createMetaTemplateCatalog } from '#src/adapters/channels/meta/template-catalog.ts';
import { exchange } from '#tests/support/exchange.ts';
import { metaFault } from '#tests/support/meta-answers.ts';
import { type MetaStandIn, openMetaStandIn } from '#tests/support/meta-stand-in.ts';
import { approvedTemplate } from '#tests/support/meta-templates.ts';
import { metaAccountId } from '#tests/support/meta-webhook.ts';

const signal = new AbortController().signal;
const catalogOf = ({ accessToken, apiVersion, url }: MetaStandIn) =>
  createMetaTemplateCatalog({
    accessToken,
    apiVersion,
    baseUrl: url,
    businessAccountId: metaAccountId,
    exchange,
  });

it('lists the templates of the account with every placeholder they have', async () => {
  await using meta = await openMetaStandIn();
  meta.addTemplate(
    approvedTemplate('order_ready', 'Hello {{1}}, {{2}}', {
      components: [
        { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
        { type: 'BODY', text: 'Hello {{1}}, {{2}}' },
        { type: 'FOOTER', text: 'Bye' },
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'QUICK_REPLY', text: 'Yes' },
            { type: 'URL', text: 'See', url: 'https://example.com/{{1}}' },
            { type: 'URL', text: 'Shop', url: 'https://example.com/' },
          ],
        },
      ],
    }),
  );
  meta.addTemplate(
    approvedTemplate('photo', 'Look, {{first_name}}', {
      language: 'de',
      status: 'PAUSED',
      category: 'MARKETING',
      quality_score: { score: 'YELLOW', date: 1794000000 },
      components: [
        { type: 'HEADER', format: 'IMAGE' },
        { type: 'BODY', text: 'Look, {{first_name}}' },
      ],
    }),
  );
  expect(await catalogOf(meta).list({ signal })).toMatchObject([
    {
      channel: 'meta',
      name: 'order_ready',
      language: 'en_US',
      category: 'utility',
      state: 'approved',
      body: 'Hello {{1}}, {{2}}',
      placeholders: { required: ['header.1', '1', '2', 'button.1'], optional: ['button.0.payload'] },
    },
    {
      name: 'photo',
      language: 'de',
      category: 'marketing',
      quality: 'yellow',
      state: 'paused',
      placeholders: { required: ['header.image', 'first_name'], optional: [] },
    },
  ]);
  expect(meta.problems).toEqual([]);
});

it('shows a template that was flagged as usable, and a state that nobody knows as it is', async () => {
  await using meta = await openMetaStandIn();
  for (const status of ['FLAGGED', 'ENCHANTED'] as unknown as ['APPROVED'])
    meta.addTemplate(approvedTemplate('news', 'Hi', { status }));
  const states = (await catalogOf(meta).list({ signal })).map(({ state }) => state);
  expect(states).toEqual(['approved', 'enchanted']);
});

it('reads every page', async () => {
  await using meta = await openMetaStandIn();
  for (let number = 0; number < 230; number += 1) meta.addTemplate(approvedTemplate(`t${number}`, 'Hi'));
  const names = (await catalogOf(meta).list({ signal })).map(({ name }) => name);
  expect(names).toEqual(Array.from({ length: 230 }, (_, number) => `t${number}`));
});

it('says what is wrong with the account', async () => {
  await using meta = await openMetaStandIn();
  meta.nextCalls([metaFault(190)]);
  await expect(catalogOf(meta).list({ signal })).rejects.toMatchObject({ vendorCode: '190' });
});
