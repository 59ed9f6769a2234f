import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { findModel } from '#config/models.ts';
import { loadPrompts } from '#config/prompts.ts';
import type { Settings } from '#config/settings.ts';
import { removeOldUploads } from './adapters/channels/simulator/spool.ts';
import { openFileReaders } from './adapters/documents/file-readers.ts';
import { openEmbeddedRunner } from './adapters/jobs/embedded-runner.ts';
import { openLocalMediaStore } from './adapters/media/local-media-store.ts';
import { openPassages } from './adapters/passages/open-passages.ts';
import { createChatView } from './adapters/store/chat-view.ts';
import { createJobTable } from './adapters/store/job-table.ts';
import { openDatabase } from './adapters/store/open-database.ts';
import { createReadModel } from './adapters/store/read-model.ts';
import { createUnitOfWork } from './adapters/store/unit-of-work.ts';
import { createUserAdmin } from './adapters/store/user-admin.ts';
import { systemClock } from './adapters/system/clock.ts';
import { createLive } from './adapters/system/live.ts';
import { newUuid } from './adapters/system/new-id.ts';
import { createMemoryRateLimiter } from './adapters/system/rate-limiter.ts';
import { createAcceptMessages } from './bot/accept-webhook.ts';
import { createAnswerUser } from './bot/answer-user.ts';
import type { BotDeps } from './bot/deps.ts';
import { removeOldMedia } from './bot/remove-old-media.ts';
import { openDataFolders } from './compose/data-folders.ts';
import { createAi, createChannels, createWebhookReader } from './compose/outside-world.ts';
import { pickUp } from './compose/pick-up.ts';
import { toBotRules } from './compose/rules.ts';
import { createAccess } from './http/open-access.ts';
import { createPasswordTries } from './http/plugins/password-tries.ts';
import { createPages } from './http/routes/simulator.ts';
import { createServer } from './http/server.ts';

/** The running product: what `main.ts` starts and closes. */
export interface Product extends AsyncDisposable {
  /** Opens the port and begins to answer what is waiting. */
  start(): Promise<{ port: number }>;
  /** A path with a one-time token that signs its opener in on the chat page. */
  newSignInPath(): string;
}

/** What the process that starts the product gives it. */
export interface ComposeOptions {
  readonly log: Logger;
  readonly version: string;
  /** Shows the owner, and nobody else, a path that signs in. */
  readonly printSignInPath: (path: string) => void;
}

/** Turns people can have answered side by side in one process. */
const turnsAtOnce = 16;
const graceMs = 25_000;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * The composition root: the only place that knows every concrete thing. Opened last is closed first: the server stops taking,
 * running turns finish, file readers end, the database closes.
 */
export async function compose(settings: Settings, options: ComposeOptions): Promise<Product> {
  const { log, version } = options;
  const clock = systemClock;
  await using opening = new AsyncDisposableStack();

  const folders = opening.use(await openDataFolders(settings));
  const database = opening.use(await openDatabase(settings.database, { log }));
  const { db } = database;
  const unitOfWork = createUnitOfWork({ db, clock, newId: newUuid });
  const table = createJobTable({ db, clock, newId: newUuid });
  const readers = opening.use(openFileReaders({ log }));
  const media = openLocalMediaStore({ folder: folders.media });
  const live = createLive({ log });
  const secretKey = settings.signIn.secretKey?.reveal() ?? randomBytes(32).toString('hex');
  const rules = toBotRules(settings, (model) => findModel(model)?.price);
  const jobs = opening.use(openEmbeddedRunner({ table, clock, log, concurrency: turnsAtOnce, graceMs }));

  const bot: BotDeps = {
    unitOfWork,
    channels: createChannels(settings, { live, log, spoolFolder: folders.spool, newId: newUuid }),
    ai: createAi(settings.ai, { log, safetySalt: secretKey }),
    readers,
    media,
    passages: opening.use(openPassages()),
    limiter: createMemoryRateLimiter({ ...settings.access.rateLimit, clock }),
    live,
    clock,
    log,
    rules,
    prompts: loadPrompts(),
    pause: async (ms, signal) => {
      await pause(ms, undefined, { signal });
    },
  };
  const accept = createAcceptMessages({ ...bot, jobs, isStorageInPlace: database.isInPlace });
  const access = createAccess({
    secretKey,
    adminPassword: settings.signIn.adminPassword?.reveal(),
    publicUrl: settings.app.publicUrl,
    clock,
    passwordTries: createPasswordTries(),
  });
  const newSignInPath = () => `/simulator?token=${access.issueLinkToken()}`;
  const userAdmin = createUserAdmin({ db, clock, newId: newUuid });
  const server = await createServer({
    settings,
    version,
    log,
    clock,
    access,
    webhook: { reader: createWebhookReader(settings), accept },
    readModel: createReadModel(db),
    ...userAdmin,
    health: async () => {
      try {
        return { database: database.isInPlace(), queue: await jobs.health() };
      } catch (error) {
        log.error({ err: error }, 'the database does not answer');
        return { database: false, queue: null };
      }
    },
    pages: createPages({
      appName: settings.app.name,
      isProduction: settings.app.env === 'production',
      access,
      chatView: createChatView({ db }),
      accept,
      mediaStore: media,
      spoolFolder: folders.spool,
      live,
      newId: newUuid,
      clock,
      maxBytes: settings.media.maxBytes,
      aiIsOffline: settings.ai.openai === undefined,
      printSignInLink: () => options.printSignInPath(newSignInPath()),
    }),
  });
  opening.defer(() => server.close());
  const scheduleCleanup = (runAt: Date) =>
    table.enqueue({ name: 'remove-old-media', lane: 'media', key: 'remove-old-media', payload: '{}', runAt });
  const closing = opening.move();

  return {
    newSignInPath,
    async start() {
      await unitOfWork.run((stores) =>
        stores.users.seed({ phones: settings.access.whitelist, everyone: settings.access.everyone }),
      );
      // Nothing is taken over before the port is ours: a start that fails must not leave half-done work behind.
      await server.listen({ host: settings.app.host, port: settings.app.port });
      await pickUp({ unitOfWork, table, clock, log });
      await scheduleCleanup(clock.now());
      jobs.start({
        'answer-user': createAnswerUser(bot),
        'remove-old-media': async (_payload, run) => {
          // Tomorrow's run first: whatever happens to this one, there will be another.
          await scheduleCleanup(new Date(clock.now().getTime() + dayMs));
          await removeOldMedia(bot, settings.media.retentionDays, run.signal);
          // The pipeline has its own copy by then; a day is for turns that were interrupted.
          await removeOldUploads(folders.spool, new Date(clock.now().getTime() - dayMs));
        },
      });
      const address = server.server.address();
      return { port: typeof address === 'object' && address ? address.port : settings.app.port };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
