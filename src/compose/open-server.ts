import type { Logger } from 'pino';
import type { Settings } from '#config/settings.ts';
import type { OpenMetrics } from '../adapters/metrics/open-metrics.ts';
import { createChatView } from '../adapters/store/chat-view.ts';
import type { OpenDatabase } from '../adapters/store/open-database.ts';
import { createReadModel } from '../adapters/store/read-model.ts';
import { createUserAdmin } from '../adapters/store/user-admin.ts';
import { newUuid } from '../adapters/system/new-id.ts';
import { createApplyEvents } from '../bot/apply-events.ts';
import { createBroadcasts } from '../bot/create-broadcast.ts';
import type { BotDeps } from '../bot/deps.ts';
import type { OwnerAccess } from '../http/open-access.ts';
import type { Readiness } from '../http/readiness.ts';
import { createPages } from '../http/routes/simulator.ts';
import { createServer } from '../http/server.ts';
import type { JobRunner } from '../ports/jobs.ts';
import type { TemplateCatalog } from '../ports/outreach.ts';
import type { PersonExports } from '../ports/privacy.ts';
import type { WorkerRegistry } from '../ports/workers.ts';
import type { Arrivals } from './arrivals.ts';
import type { DataFolders } from './data-folders.ts';
import type { Queue } from './jobs.ts';
import { createOutreach } from './outreach.ts';
import { createWebhookReaders } from './outside-world.ts';

interface ServerParts {
  readonly version: string;
  readonly log: Logger;
  readonly access: OwnerAccess;
  readonly bot: BotDeps;
  readonly jobs: JobRunner;
  readonly queue: Queue;
  readonly database: OpenDatabase;
  readonly arrivals: Arrivals;
  readonly catalogs: readonly TemplateCatalog[];
  readonly readiness: Readiness;
  readonly metrics: OpenMetrics;
  readonly registry: WorkerRegistry;
  readonly exports: PersonExports;
  readonly folders: DataFolders;
  readonly printSignInLink: () => void;
}

/** Everything that is reached over HTTP, put together; it does not listen yet. */
export async function openServer(settings: Settings, parts: ServerParts) {
  const { version, log, bot, jobs, queue, database, arrivals, catalogs, registry, exports } = parts;
  const { db, engine } = database;
  const { media, live, clock } = bot;
  return createServer({
    settings,
    version,
    log,
    clock,
    access: parts.access,
    webhook: {
      ...createWebhookReaders(settings, { log, clock }),
      accept: arrivals.accept,
      applyEvents: createApplyEvents({
        ...bot,
        jobs,
        onTemplates: (stores, reports) => stores.templates.report(reports),
      }),
    },
    readModel: createReadModel(db),
    outreach: createOutreach(bot, jobs, catalogs),
    broadcasts: createBroadcasts({ ...bot, jobs }),
    ...createUserAdmin({
      db,
      clock,
      newId: newUuid,
      setAlarms: queue.setAlarms,
      onJob: () => jobs.poke(),
      onStopped: (userId) => live.announce({ kind: 'stopped', userId }),
    }),
    health: async () => {
      const channels = bot.channelHealth.states();
      try {
        return { database: database.isInPlace(), queue: await jobs.health(), channels };
      } catch (error) {
        log.error({ err: error }, 'the database does not answer');
        return { database: false, queue: null, channels };
      }
    },
    readiness: parts.readiness,
    metrics: parts.metrics,
    workers: { engine, role: settings.app.role, desk: jobs, registry },
    openExport: exports.open,
    pages: createPages({
      appName: settings.app.name,
      isProduction: settings.app.env === 'production',
      access: parts.access,
      chatView: createChatView({ db }),
      accept: arrivals.acceptAtOnce,
      mediaStore: media,
      spoolFolder: parts.folders.spool,
      live,
      newId: newUuid,
      clock,
      maxBytes: settings.media.maxBytes,
      aiIsOffline: settings.ai.openai === undefined,
      printSignInLink: parts.printSignInLink,
    }),
  });
}
