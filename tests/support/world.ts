import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenAiStandIn, openOpenAiStandIn } from './openai-stand-in.ts';
import { createPerson, type Person } from './person.ts';
import { createDatabase } from './postgres-server.ts';
import { type RunningProduct, startProduct } from './product.ts';
import { openTwilioStandIn, type TwilioStandIn } from './twilio-stand-in.ts';
import { testAccount, vendorSettings } from './vendor-settings.ts';

/** The real product between strict stand-ins for Twilio and OpenAI, and people who write to it. */
export interface World extends AsyncDisposable {
  readonly twilio: TwilioStandIn;
  readonly openai: OpenAiStandIn;
  /** The first process, living or not. */
  product(): RunningProduct;
  /** Every process that lives at this moment. */
  living(): readonly RunningProduct[];
  /** Somebody with a phone. */
  person(phone: string): Person;
  /** Calls the owner's API with a fresh token. */
  api(
    path: string,
    init?: { method?: string; body?: unknown },
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Ends one process; resolves with its exit code once it is gone, null after SIGKILL. */
  end(index: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Starts a process that was ended again, on the same data. */
  begin(index: number): Promise<void>;
  /** Ends every process (SIGKILL unless said otherwise) and starts them again on the same data, from now on with `changes` of settings. */
  restart(signal?: 'SIGTERM' | 'SIGKILL', changes?: Record<string, string>): Promise<void>;
}

/** How a world differs from one process on SQLite. */
export interface WorldOptions {
  /** Url of a Postgres server: the product works on a fresh database there. */
  readonly postgresUrl?: string | undefined;
  /** Processes on the same database; more than one needs Postgres. */
  readonly processes?: number;
  /** Options for Node itself. */
  readonly nodeArgs?: readonly string[];
}

const adminPassword = 'the password of the owner';

/** The key process `index` calls the model with, so that the stand-in can tell who called. */
export const keyOfProcess = (index: number) => `sk-test-${index}`;

/** Opens a world; `env` adds or replaces settings. */
export async function openWorld(
  env: Record<string, string> = {},
  options: WorldOptions = {},
): Promise<World> {
  await using opening = new AsyncDisposableStack();
  const folder = opening.adopt(await mkdtemp(join(tmpdir(), 'world-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const database = options.postgresUrl && opening.use(await createDatabase(options.postgresUrl));
  const twilio = opening.use(await openTwilioStandIn(testAccount));
  const openai = opening.use(await openOpenAiStandIn());
  const settings: Record<string, string> = {
    WHITELISTED_USERS: '*',
    ADMIN_PASSWORD: adminPassword,
    REPLY_DELAY_MS: '120',
    LOG_LEVEL: 'info',
    ...(database ? { DATABASE_URL: database.url, DATA_DIR: folder } : {}),
    ...env,
  };
  const products: RunningProduct[] = [];
  const living = new Set<RunningProduct>();

  async function begin(index: number): Promise<void> {
    const product = await startProduct({
      env: { ...vendorSettings({ twilio, openai, openAiKey: keyOfProcess(index) }), ...settings },
      folder,
      nodeArgs: options.nodeArgs ?? [],
    });
    products[index] = product;
    living.add(product);
    product.process.once('exit', () => living.delete(product));
  }

  async function end(index: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    return at(index).stop(signal);
  }

  function at(index: number): RunningProduct {
    const product = products[index];
    if (!product) throw new Error(`there is no process ${index}`);
    return product;
  }

  opening.defer(async () => {
    await Promise.all(products.map((product) => product[Symbol.asyncDispose]()));
  });
  for (let index = 0; index < (options.processes ?? 1); index += 1) await begin(index);
  const closing = opening.move();

  async function token(): Promise<string> {
    const response = await fetch(`${at(0).url}/api/v1/auth/token`, {
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
    product: () => at(0),
    living: () => [...living],
    person: (phone) => createPerson({ phone, twilio, productUrl: () => at(0).url }),
    async api(path, init = {}) {
      const response = await fetch(`${at(0).url}/api/v1${path}`, {
        method: init.method ?? 'GET',
        headers: {
          authorization: `Bearer ${await token()}`,
          ...(init.body ? { 'content-type': 'application/json' } : {}),
        },
        ...(init.body ? { body: JSON.stringify(init.body) } : {}),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    end,
    begin,
    async restart(signal = 'SIGKILL', changes = {}) {
      await Promise.all(products.map((_product, index) => end(index, signal)));
      Object.assign(settings, changes);
      for (const index of products.keys()) await begin(index);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
