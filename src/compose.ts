import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { findModel } from '#config/models.ts';
import { loadPrompts } from '#config/prompts.ts';
import type { Settings } from '#config/settings.ts';
import { openFileReaders } from './adapters/documents/file-readers.ts';
import { openExchange } from './adapters/exchange/open-exchange.ts';
import { openLocalMediaStore } from './adapters/media/local-media-store.ts';
import { openMetrics } from './adapters/metrics/open-metrics.ts';
import { openPassages } from './adapters/passages/open-passages.ts';
import { createPersonExports } from './adapters/privacy/person-exports.ts';
import { openDatabase } from './adapters/store/open-database.ts';
import { createReadPerson } from './adapters/store/read-person.ts';
import { createUnitOfWork } from './adapters/store/unit-of-work.ts';
import { openWorkerRegistry } from './adapters/store/worker-registry.ts';
import { systemClock } from './adapters/system/clock.ts';
import { newUuid } from './adapters/system/new-id.ts';
import type { BotDeps } from './bot/deps.ts';
import { openArrivals } from './compose/arrivals.ts';
import { openChannelHealth } from './compose/channel-health.ts';
import { openDataFolders } from './compose/data-folders.ts';
import { openQueue } from './compose/jobs.ts';
import { openServer } from './compose/open-server.ts';
import { createCatalogs } from './compose/outreach.ts';
import { createAi, createChannels } from './compose/outside-world.ts';
import { toBotRules } from './compose/rules.ts';
import { openLive, openRateLimiter } from './compose/shared-state.ts';
import { takeUpWork } from './compose/take-up-work.ts';
import { createAccess } from './http/open-access.ts';
import { createPasswordTries } from './http/plugins/password-tries.ts';
import { createReadiness } from './http/readiness.ts';

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

  const exports = createPersonExports({
    folder: folders.exports,
    secretKey,
    publicUrl: settings.app.publicUrl,
    readPerson: createReadPerson(db),
    clock,
    newId: newUuid,
  });
  const vendor = settings.ai.openai ? 'openai' : 'offline';
  const { exchange } = opening.use(openExchange());
  const channels = createChannels(settings, {
    exchange,
    live,
    log,
    spoolFolder: folders.spool,
    newId: newUuid,
  });
  const channelHealth = opening.use(
    await openChannelHealth(settings, { channels: [...channels.keys()], database, clock, log }),
  );
  const bot: BotDeps = {
    unitOfWork,
    channels: metrics.channels(channels),
    channelHealth,
    startedAt: clock.now(),
    ai: metrics.ai(
      createAi(settings.ai, {
        exchange,
        log,
        safetySalt: secretKey,
        onRetry: (operation) => metrics.vendorRetried(vendor, operation),
      }),
      { vendor, priceOf: rules.priceOf },
    ),
    readers,
    media,
    exports,
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
    await openArrivals(settings.database, {
      ...bot,
      jobs,
      isStorageInPlace: database.isInPlace,
      makeDurable: database.makeDurable,
    }),
  );
  metrics.readFrom({
    queue: () => jobs.health(),
    channels: channelHealth.states,
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
  const catalogs = createCatalogs(settings, { exchange });
  const server = await openServer(settings, {
    version,
    log,
    access,
    bot,
    jobs,
    queue,
    database,
    arrivals,
    catalogs,
    readiness,
    metrics,
    registry,
    exports,
    folders,
    printSignInLink: () => options.printSignInPath(newSignInPath()),
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
      if (role !== 'web') {
        await takeUpWork({
          bot,
          arrivals,
          queue,
          jobs,
          metrics,
          settings,
          spoolFolder: folders.spool,
          catalogs,
        });
      }
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
}
