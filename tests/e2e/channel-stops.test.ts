import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { createPerson } from '#tests/support/person.ts';
import { createDatabase } from '#tests/support/postgres-server.ts';
import { type RunningProduct, startProduct } from '#tests/support/product.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { testAccount, vendorSettings } from '#tests/support/vendor-settings.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** How Twilio stands, as a process tells it. */
async function twilioAt(product: RunningProduct) {
  const health = (await (await fetch(`${product.url}/health`)).json()) as {
    status: string;
    channels: { name: string; state: string; code: string | null; since: string | null }[];
  };
  const { state, code, since } = health.channels.find(({ name }) => name === 'twilio') ?? {};
  return { status: health.status, state, code, since };
}

it('a channel that stops in a worker is seen at the web process, outlasts restarts, and is tried at once with new settings', async () => {
  await using database = await createDatabase(inject('postgresUrl'));
  await using twilio = await openTwilioStandIn(testAccount);
  await using openai = await openOpenAiStandIn();
  openai.answers(() => 'Yes.');
  const folder = await mkdtemp(join(tmpdir(), 'stops-'));
  const env = {
    ...vendorSettings({ twilio, openai }),
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    WHITELISTED_USERS: '*',
    REPLY_DELAY_MS: '50',
    METRICS_TOKEN: 'a-token-for-the-scrape',
    SECRET_KEY: 'k'.repeat(32),
  };
  const start = (role: 'web' | 'worker', more = {}) =>
    startProduct({ env: { ...env, ROLE: role, ...more }, folder });
  const ownTemplate = { NUDGE_TEMPLATE: `HX${'a'.repeat(32)}` };
  {
    await using web = await start('web');
    const ana = createPerson({ phone: '+491700000001', twilio, productUrl: () => web.url });
    twilio.sendsFail(() => ({ status: 400, code: 63007 }));
    let attempts: number;
    {
      await using worker = await start('worker');
      await ana.says('is anybody there?');
      await waitFor('the web process to know', async () => (await twilioAt(web)).state === 'stopped');
      expect(await twilioAt(web)).toMatchObject({ status: 'degraded', code: '63007' });
      expect(await twilioAt(web)).toEqual(await twilioAt(worker));
      const scrape = await fetch(`${web.url}/metrics`, {
        headers: { authorization: 'Bearer a-token-for-the-scrape' },
      });
      expect(await scrape.text()).toContain('assistant_channel_stopped{channel="twilio"} 1');
      attempts = twilio.attempts;
      await worker.stop('SIGKILL');
    }
    twilio.sendsFail(() => 'ok');
    {
      await using again = await start('worker');
      expect(await twilioAt(again)).toEqual(await twilioAt(web));
    }
    expect(twilio.attempts).toBe(attempts);
    await using _renewed = await start('worker', ownTemplate);
    expect(await ana.hears(15_000)).toBe('Yes.');
    expect(twilio.attempts).toBe(attempts + 1);
  }
  await using web = await start('web', ownTemplate);
  expect(await twilioAt(web)).toMatchObject({ status: 'ok', state: 'working' });
  expect(twilio.problems).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});
