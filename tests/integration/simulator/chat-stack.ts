import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { loadSettings } from '#config/settings.ts';
import { createSimulatorChannel } from '#src/adapters/channels/simulator/channel.ts';
import { openLocalMediaStore } from '#src/adapters/media/local-media-store.ts';
import { createChatView } from '#src/adapters/store/chat-view.ts';
import { createReadModel } from '#src/adapters/store/read-model.ts';
import { createUnitOfWork } from '#src/adapters/store/unit-of-work.ts';
import { createUserAdmin } from '#src/adapters/store/user-admin.ts';
import { systemClock } from '#src/adapters/system/clock.ts';
import { createLive } from '#src/adapters/system/live.ts';
import { newUuid } from '#src/adapters/system/new-id.ts';
import { createMemoryRateLimiter } from '#src/adapters/system/rate-limiter.ts';
import { createAcceptMessages } from '#src/bot/accept-webhook.ts';
import { toBotRules } from '#src/compose/rules.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { createAccess } from '#src/http/open-access.ts';
import { createPasswordTries } from '#src/http/plugins/password-tries.ts';
import { createPages } from '#src/http/routes/simulator.ts';
import { createServer } from '#src/http/server.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import { type Engine, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietMetrics } from '#tests/support/quiet-metrics.ts';
import { createQuietOperations } from '#tests/support/quiet-operations.ts';

/** The chat page on its real server, store and channel; only the bot is missing, so that tests decide what is answered. */
export interface ChatStack extends AsyncDisposable {
  readonly server: FastifyInstance;
  readonly folder: string;
  readonly spool: string;
  readonly mediaFolder: string;
  readonly unitOfWork: UnitOfWork;
  readonly live: ReturnType<typeof createLive>;
  readonly channel: ReturnType<typeof createSimulatorChannel>;
  /** Messages that reached the pipeline, in order. */
  readonly accepted: InboundMessage[];
  readonly printedLinks: string[];
  /** A fresh `/simulator?token=…`. */
  signInPath(): string;
  /** The cookie of a signed-in browser. */
  signIn(): Promise<string>;
}

/** Opens it on a folder and a database of its own. */
export async function openChatStack(
  env: Record<string, string> = {},
  engine: Engine = 'sqlite',
): Promise<ChatStack> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-'));
  const settings = loadSettings(env);
  const log = pino({ level: 'silent' });
  const clock = systemClock;
  const database = await openTestDatabase(engine);
  const unitOfWork = createUnitOfWork({ db: database.db, clock, newId: newUuid });
  const live = createLive({ log });
  const [spool, mediaFolder] = [join(folder, 'spool'), join(folder, 'media')];
  const store = createAcceptMessages({
    unitOfWork,
    clock,
    live,
    rules: toBotRules(settings, () => undefined),
    limiter: createMemoryRateLimiter({ messages: 1000, windowSeconds: 60, clock: systemClock }),
    isStorageInPlace: () => true,
    metrics: createQuietMetrics(),
    jobs: { poke: () => {} },
  });
  const accepted: InboundMessage[] = [];
  const access = createAccess({
    secretKey: 'a secret key for tests, 32 characters',
    adminPassword: settings.signIn.adminPassword?.reveal(),
    publicUrl: settings.app.publicUrl,
    clock,
    passwordTries: createPasswordTries(),
  });
  const signInPath = () => `/simulator?token=${access.issueLinkToken()}`;
  const printedLinks: string[] = [];
  const server = await createServer({
    settings,
    version: '0.0.0',
    log,
    clock,
    access,
    webhook: { reader: undefined, accept: store, applyEvents: async () => {} },
    readModel: createReadModel(database.db),
    ...createUserAdmin({ db: database.db, clock, newId: newUuid }),
    health: async () => ({ database: true, queue: null }),
    ...createQuietOperations(),
    pages: createPages({
      appName: settings.app.name,
      isProduction: settings.app.env === 'production',
      access,
      chatView: createChatView({ db: database.db }),
      accept: async (messages) => {
        accepted.push(...messages);
        await store(messages);
      },
      mediaStore: openLocalMediaStore({ folder: mediaFolder }),
      spoolFolder: spool,
      live,
      newId: newUuid,
      clock,
      maxBytes: settings.media.maxBytes,
      aiIsOffline: settings.ai.openai === undefined,
      printSignInLink: () => printedLinks.push(signInPath()),
    }),
  });
  return {
    server,
    folder,
    spool,
    mediaFolder,
    unitOfWork,
    live,
    channel: createSimulatorChannel({ live, spoolFolder: spool, newId: newUuid }),
    accepted,
    printedLinks,
    signInPath,
    async signIn() {
      const answer = await server.inject({ url: signInPath() });
      const cookie = answer.cookies[0];
      return `${cookie?.name}=${cookie?.value}`;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
