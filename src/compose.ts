import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { findModel } from '#config/models.ts';
import { loadPrompts } from '#config/prompts.ts';
import type { Settings } from '#config/settings.ts';
import { removeOldUploads } from './adapters/channels/simulator/spool.ts';
import { openFileReaders } from './adapters/documents/file-readers.ts';
import { scheduledJob } from './adapters/jobs/scheduled-job.ts';
import { openLocalMediaStore } from './adapters/media/local-media-store.ts';
import { openMetrics } from './adapters/metrics/open-metrics.ts';
import { openPassages } from './adapters/passages/open-passages.ts';
import { createChatView } from './adapters/store/chat-view.ts';
import { openDatabase } from './adapters/store/open-database.ts';
import { createReadModel } from './adapters/store/read-model.ts';
import { createUnitOfWork } from './adapters/store/unit-of-work.ts';
import { createUserAdmin } from './adapters/store/user-admin.ts';
import { openWorkerRegistry } from './adapters/store/worker-registry.ts';
import { systemClock } from './adapters/system/clock.ts';
import { newUuid } from './adapters/system/new-id.ts';
import { createAnswerUser } from './bot/answer-user.ts';
import type { BotDeps } from './bot/deps.ts';
import { removeOldMedia } from './bot/remove-old-media.ts';
import { sumUsage } from './bot/sum-usage.ts';
import { openArrivals } from './compose/arrivals.ts';
import { openDataFolders } from './compose/data-folders.ts';
import { openQueue } from './compose/jobs.ts';
import { createAi, createChannels, createWebhookReader } from './compose/outside-world.ts';
import { pickUp } from './compose/pick-up.ts';
import { toBotRules } from './compose/rules.ts';
import { openLive, openRateLimiter } from './compose/shared-state.ts';
import { createAccess } from './http/open-access.ts';
import { createPasswordTries } from './http/plugins/password-tries.ts';
import { createReadiness } from './http/readiness.ts';
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

/** How long closing waits for turns that run; then they are handed back. */
const graceMs = 20_000;
const dayMs = 24 * 60 * 60 * 1000;
/** Once a day, at 03:17 UTC. */
const cleanupTimes = '17 3 * * *';
/** Every hour, so that a report finds few entries that are in no sum. */
const summingTimes = '7 * * * *';

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
  const { db, engine, pool } = database;
  const { role } = settings.app;
  const budgetMicros = settings.access.dailyBudgetMicros.total;
  const dailyBudgetUsd = budgetMicros === undefined ? undefined : budgetMicros / 1_000_000;
  const metrics = opening.use(openMetrics({ version, role, engine, dailyBudgetUsd }));
  const processId = newUuid();
  const registry = opening.use(
    openWorkerRegistry({
      engine,
      db,
      clock,
      log,
      id: processId,
      role,
      version,
      running: metrics.runningJobs,
    }),
  );
  const queue = opening.use(
    await openQueue(settings.database, { database, clock, newId: newUuid, log, processId }),
  );
  const unitOfWork = metrics.unitOfWork(
    createUnitOfWork({ db, clock, newId: newUuid, setAlarms: queue.setAlarms }),
  );
  const readers = metrics.readers(opening.use(openFileReaders({ log })));
  const media = openLocalMediaStore({ folder: folders.media });
  const live = opening.use(await openLive(settings.database, { log, newId: newUuid }));
  const secretKey = settings.signIn.secretKey?.reveal() ?? randomBytes(32).toString('hex');
  const rules = toBotRules(settings, (model) => findModel(model)?.price);
  const jobs = opening.use(queue.openRunner({ concurrency: settings.conversation.turnsAtOnce, graceMs }));

  const vendor = settings.ai.openai ? 'openai' : 'offline';
  const bot: BotDeps = {
    unitOfWork,
    channels: metrics.channels(
      createChannels(settings, { live, log, spoolFolder: folders.spool, newId: newUuid }),
    ),
    ai: metrics.ai(
      createAi(settings.ai, {
        log,
        safetySalt: secretKey,
        onRetry: (operation) => metrics.vendorRetried(vendor, operation),
      }),
      { vendor, priceOf: rules.priceOf },
    ),
    readers,
    media,
    passages: opening.use(openPassages()),
    limiter: openRateLimiter(settings.access.rateLimit, { pool: database.pool, clock }),
    live,
    metrics: metrics.story,
    clock,
    log,
    rules,
    prompts: loadPrompts(),
    pause: async (ms, signal) => {
      await pause(ms, undefined, { signal });
    },
  };
  const readiness = createReadiness({
    isInPlace: database.isInPlace,
    read: () => jobs.health(),
    write: () => registry.beat(),
  });
  const arrivals = opening.use(
    await openArrivals(settings.database, { ...bot, jobs, isStorageInPlace: database.isInPlace }),
  );
  metrics.readFrom({
    queue: () => jobs.health(),
    isReady: async () => (await readiness.reasons()).length === 0,
    backlog: arrivals.backlog,
    pool,
  });
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
    webhook: { reader: createWebhookReader(settings), accept: arrivals.accept },
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
    readiness,
    metrics,
    workers: { engine, role, desk: jobs, registry },
    pages: createPages({
      appName: settings.app.name,
      isProduction: settings.app.env === 'production',
      access,
      chatView: createChatView({ db }),
      accept: arrivals.acceptAtOnce,
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
  const closing = opening.move();

  return {
    newSignInPath,
    async start() {
      await unitOfWork.run((stores) =>
        stores.users.seed({ phones: settings.access.whitelist, everyone: settings.access.everyone }),
      );
      // Nothing is taken over before the port is ours: a start that fails must not leave half-done work behind.
      await server.listen({ host: settings.app.host, port: settings.app.port });
      if (role !== 'web') await takeUpWork();
      readiness.set('ready');
      const address = server.server.address();
      return { port: typeof address === 'object' && address ? address.port : settings.app.port };
    },
    async [Symbol.asyncDispose]() {
      readiness.set('closing');
      // Webhooks are still taken while turns come to their end: what is stored now, the next process answers.
      await Promise.all([jobs[Symbol.asyncDispose](), pause(settings.app.drainMs)]);
      await closing.disposeAsync();
    },
  };

  async function takeUpWork(): Promise<void> {
    await arrivals.catchUp();
    await pickUp({ unitOfWork, table: queue.table, isAlone: engine === 'sqlite', clock, log });
    await jobs.every('remove-old-media', cleanupTimes);
    await jobs.every('sum-usage', summingTimes);
    // The whole ledger of an older version is in no sum yet.
    await queue.table.enqueue(scheduledJob('sum-usage', clock.now()));
    await jobs.start(
      metrics.handlers({
        'answer-user': createAnswerUser(bot),
        'remove-old-media': async (_payload, run) => {
          await removeOldMedia(bot, settings.media.retentionDays, run.signal);
          // The pipeline has its own copy by then; a day is for turns that were interrupted.
          await removeOldUploads(folders.spool, new Date(clock.now().getTime() - dayMs));
        },
        'sum-usage': async (_payload, run) => {
          await sumUsage(bot, run.signal);
        },
      }),
    );
  }
}
