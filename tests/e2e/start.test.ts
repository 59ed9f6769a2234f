import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningProduct, startProduct } from '#tests/support/product.ts';
import { signedWebhook, textMessage } from '#tests/support/twilio-webhook.ts';

let folder: string;
let running: RunningProduct;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  running = await startProduct();
});
afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What a start prints that fails. */
async function failureOf(env: Record<string, string>): Promise<string> {
  try {
    await using _product = await startProduct({ env });
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it started');
}

describe('node src/main.ts', () => {
  it('starts with nothing configured and says where the chat page is', async () => {
    expect(running.chatUrl).toMatch(/\/simulator\?token=[\w-]{43}$/);
    const health = await fetch(`${running.url}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: 'ok', database: 'up' });
  });

  it('ends cleanly when asked to', async () => {
    const product = await startProduct();
    await using _closing = product;
    expect(await product.stop('SIGTERM')).toBe(0);
  });

  it('refuses to be the second on a database, and the first goes on', async () => {
    const message = await failureOf({ DATABASE_URL: `sqlite:///${join(running.folder, 'bot.db')}` });
    expect(message).toContain('- Another copy is already running on this database.');
    expect((await fetch(`${running.url}/health`)).status).toBe(200);
  });

  it('says so when its database file is taken away, and acknowledges nothing', async () => {
    const authToken = 'the auth token';
    await using product = await startProduct({ env: { TWILIO_AUTH_TOKEN: authToken } });
    await rename(join(product.folder, 'bot.db'), join(product.folder, 'elsewhere.db'));
    expect((await fetch(`${product.url}/health`)).status).toBe(503);
    const url = `${product.url}/webhook`;
    const params = textMessage({ from: '+15550001111', body: 'hello' });
    const { headers, body } = signedWebhook({ authToken, url, params });
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(503);
    await rename(join(product.folder, 'elsewhere.db'), join(product.folder, 'bot.db'));
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
    expect((await fetch(`${product.url}/health`)).status).toBe(200);
  });

  it('says in a sentence that the port is in use', async () => {
    const message = await failureOf({ PORT: new URL(running.url).port });
    expect(message).toContain('- PORT is in use by another program.');
    expect(message).not.toContain('    at ');
  });

  it('says in a sentence that the file is no database', async () => {
    const file = join(folder, 'no.db');
    await writeFile(file, 'this is a text file and long enough to have a header that is wrong '.repeat(20));
    expect(await failureOf({ DATABASE_URL: `sqlite:///${file}` })).toContain(
      '- DATABASE_URL points to a file that is not',
    );
  });

  it('lists everything that production lacks', async () => {
    const message = await failureOf({
      APP_ENV: 'production',
      PORT: 'many',
      TRUST_PROXY: 'banana',
      TWILIO_WHATSAPP_NUMBER: '+14155238886',
      WHATSAPP_ACCESS_TOKEN: 'EAAG',
    });
    for (const name of [
      'PORT',
      'TRUST_PROXY',
      'SECRET_KEY',
      'ADMIN_PASSWORD',
      'PUBLIC_URL',
      'TWILIO_AUTH_TOKEN',
      'WHATSAPP_APP_SECRET',
      'OPENAI_API_KEY',
    ]) {
      expect(message).toMatch(new RegExp(`^- ${name} `, 'm'));
    }
  });
});
