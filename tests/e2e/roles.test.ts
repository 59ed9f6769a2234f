import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import { createPerson } from '#tests/support/person.ts';
import { createDatabase } from '#tests/support/postgres-server.ts';
import { startProduct } from '#tests/support/product.ts';
import { openTwilioStandIn } from '#tests/support/twilio-stand-in.ts';
import { testAccount, vendorSettings } from '#tests/support/vendor-settings.ts';

it('a web process takes what a worker process answers', async () => {
  await using database = await createDatabase(inject('postgresUrl'));
  await using twilio = await openTwilioStandIn(testAccount);
  await using openai = await openOpenAiStandIn();
  openai.answers(({ text }) => `You wrote: ${text.split('\n\n').slice(1).join(' ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'roles-'));
  const env = {
    ...vendorSettings({ twilio, openai }),
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    WHITELISTED_USERS: '*',
    REPLY_DELAY_MS: '100',
  };
  {
    await using web = await startProduct({ env: { ...env, ROLE: 'web' }, folder });
    const ana = createPerson({ phone: '+491700000001', twilio, productUrl: () => web.url });
    expect(await ana.says('is anybody there?')).toBe(200);

    await using worker = await startProduct({ env: { ...env, ROLE: 'worker' }, folder });
    expect(await ana.hears()).toBe('You wrote: is anybody there?');
    // A second one finds both at work: the wake-up has to travel from one to the other.
    expect(await ana.says('and now?')).toBe(200);
    expect(await ana.hears()).toContain('and now?');

    const statusOf = async (path: string) => {
      const response = await fetch(`${worker.url}${path}`);
      await response.text();
      return response.status;
    };
    expect(await statusOf('/health')).toBe(200);
    expect(await statusOf('/health/ready')).toBe(200);
    expect(await statusOf('/metrics')).toBe(401);
    for (const path of ['/', '/simulator', '/docs', '/api/v1/users', '/webhook']) {
      expect(await statusOf(path)).toBe(404);
    }
    expect(await worker.stop('SIGTERM')).toBe(0);
    expect(await web.stop('SIGTERM')).toBe(0);
  }
  expect(twilio.problems).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

it('STOP at a web process ends what a worker process is writing', async () => {
  await using database = await createDatabase(inject('postgresUrl'));
  await using twilio = await openTwilioStandIn(testAccount);
  await using openai = await openOpenAiStandIn();
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
  openai.answers(async () => {
    await heard;
    return 'an answer nobody wants';
  });
  const folder = await mkdtemp(join(tmpdir(), 'roles-'));
  const env = {
    ...vendorSettings({ twilio, openai }),
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    WHITELISTED_USERS: '*',
    REPLY_DELAY_MS: '100',
  };
  {
    await using web = await startProduct({ env: { ...env, ROLE: 'web' }, folder });
    await using _worker = await startProduct({ env: { ...env, ROLE: 'worker' }, folder });
    const ana = createPerson({ phone: '+491700000002', twilio, productUrl: () => web.url });
    expect(await ana.says('a long question')).toBe(200);
    await openai.called(1);
    expect(await ana.says('STOP')).toBe(200);
    // The model answers only when this was heard.
    expect(await ana.hears()).toContain('no more messages');
    hear();
    expect(await ana.says('START')).toBe(200);
    expect(await ana.hears()).toContain('Welcome back');
    expect(ana.heard).toHaveLength(2);
    expect(openai.calls).toHaveLength(1);
  }
  expect(twilio.problems).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});
