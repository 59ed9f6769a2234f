import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { signedWebhook, textMessage } from './support/twilio-webhook.ts';

/*
 * The real thing, started the way the README says: `npm start` on a free port; /health answers and a signed webhook is answered.
 * Run with: npm run smoke
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const authToken = 'smoke-test-auth-token';
const folder = await mkdtemp(join(tmpdir(), 'smoke-'));
const product = spawn('npm', ['start'], {
  cwd: new URL('..', import.meta.url).pathname,
  env: {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: `sqlite:///${join(folder, 'bot.db')}`,
    TWILIO_AUTH_TOKEN: authToken,
  },
  stdio: ['ignore', 'pipe', 'inherit'],
  // Its own group: npm starts a shell that starts node, and all of them must end.
  detached: true,
});

try {
  const origin = await printedAddress();
  await expectHealth(origin);
  await expectSignedWebhook(origin);
  await expectForgedWebhook(origin);
  process.stdout.write('smoke test: 3 passed, 0 failed\n');
} finally {
  if (product.pid && product.exitCode === null) {
    process.kill(-product.pid, 'SIGTERM');
    await once(product, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
}

async function printedAddress(): Promise<string> {
  const late = AbortSignal.timeout(Number(values.seconds) * 1000);
  let printed = '';
  for await (const [chunk] of on(late)) {
    printed += chunk;
    const address = /Chat page: (http:\/\/\S+)/.exec(printed)?.[1];
    if (address) return new URL(address).origin.replace('localhost', '127.0.0.1');
  }
  throw new Error(`npm start printed no address:\n${printed}`);
}

async function* on(signal: AbortSignal): AsyncGenerator<[string]> {
  for (;;) {
    const [chunk] = (await once(product.stdout, 'data', { signal })) as [Buffer];
    yield [chunk.toString()];
  }
}

async function expectHealth(origin: string): Promise<void> {
  const response = await fetch(`${origin}/health`);
  if (response.status !== 200) throw new Error(`/health answered ${response.status}`);
}

async function expectSignedWebhook(origin: string): Promise<void> {
  const url = `${origin}/webhook`;
  const { headers, body } = signedWebhook({
    authToken,
    url,
    params: textMessage({ from: '+15550001111', body: 'hello' }),
  });
  const response = await fetch(url, { method: 'POST', headers, body });
  const answer = await response.text();
  if (response.status !== 200 || !answer.includes('<Response')) {
    throw new Error(`a signed webhook was answered ${response.status}: ${answer}`);
  }
}

async function expectForgedWebhook(origin: string): Promise<void> {
  const response = await fetch(`${origin}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'forged' },
    body: 'MessageSid=SM0&From=whatsapp%3A%2B15550001111&Body=hi',
  });
  if (response.status !== 403) throw new Error(`a forged webhook was answered ${response.status}`);
}
