import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenAiStandIn, openOpenAiStandIn } from './openai-stand-in.ts';
import { createPerson, type Person } from './person.ts';
import { type RunningProduct, startProduct } from './product.ts';
import { openTwilioStandIn, type TwilioStandIn } from './twilio-stand-in.ts';

/** The real product between strict stand-ins for Twilio and OpenAI, and people who write to it. */
export interface World extends AsyncDisposable {
  readonly twilio: TwilioStandIn;
  readonly openai: OpenAiStandIn;
  /** The process that runs now. */
  product(): RunningProduct;
  /** Somebody with a phone. */
  person(phone: string): Person;
  /** Calls the owner's API with a fresh token. */
  api(
    path: string,
    init?: { method?: string; body?: unknown },
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Ends the process (SIGKILL unless said otherwise) and starts it again on the same data. */
  restart(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const account = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'the-auth-token-of-the-tests' };
const adminPassword = 'the password of the owner';

/** Opens a world; `env` adds or replaces settings. */
export async function openWorld(env: Record<string, string> = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'world-'));
  const twilio = await openTwilioStandIn(account);
  const openai = await openOpenAiStandIn();
  const settings = {
    TWILIO_ACCOUNT_SID: account.accountSid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_WHATSAPP_NUMBER: '+14155238886',
    TWILIO_BASE_URL: twilio.url,
    MEDIA_EXTRA_ORIGINS: twilio.cdnUrl,
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.url,
    OPENAI_API: 'responses',
    WHITELISTED_USERS: '*',
    ADMIN_PASSWORD: adminPassword,
    REPLY_DELAY_MS: '120',
    LOG_LEVEL: 'info',
    ...env,
  };
  let product = await startProduct({ env: settings, folder });

  async function token(): Promise<string> {
    const response = await fetch(`${product.url}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password: adminPassword }),
    });
    const { accessToken } = (await response.json()) as { accessToken: string };
    return accessToken;
  }

  return {
    twilio,
    openai,
    product: () => product,
    person: (phone) => createPerson({ phone, twilio, productUrl: () => product.url }),
    async api(path, init = {}) {
      const response = await fetch(`${product.url}/api/v1${path}`, {
        method: init.method ?? 'GET',
        headers: {
          authorization: `Bearer ${await token()}`,
          ...(init.body ? { 'content-type': 'application/json' } : {}),
        },
        ...(init.body ? { body: JSON.stringify(init.body) } : {}),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    async restart(signal = 'SIGKILL') {
      await product.stop(signal);
      product = await startProduct({ env: settings, folder });
    },
    async [Symbol.asyncDispose]() {
      await product[Symbol.asyncDispose]();
      await twilio[Symbol.asyncDispose]();
      await openai[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
