import type { Settings } from '#config/settings.ts';
import { removeOldUploads } from '../adapters/channels/simulator/spool.ts';
import { scheduledJob } from '../adapters/jobs/scheduled-job.ts';
import type { OpenMetrics } from '../adapters/metrics/open-metrics.ts';
import { createAnswerUser } from '../bot/answer-user.ts';
import { settleEarlyReports } from '../bot/apply-events.ts';
import type { BotDeps } from '../bot/deps.ts';
import { eraseAgainAtProviders, eraseAtProvider, erasePerson } from '../bot/erase-person.ts';
import { eraseOldUploads } from '../bot/erase-uploads.ts';
import { nudgeUntold } from '../bot/nudge-untold.ts';
import { removeOldMedia } from '../bot/remove-old-media.ts';
import { createSendBroadcast } from '../bot/send-broadcast.ts';
import { settleEarlyCorrections } from '../bot/settle-corrections.ts';
import { sumUsage } from '../bot/sum-usage.ts';
import { syncTemplates } from '../bot/sync-templates.ts';
import type { JobRunner } from '../ports/jobs.ts';
import type { TemplateCatalog } from '../ports/outreach.ts';
import type { Arrivals } from './arrivals.ts';
import type { Queue } from './jobs.ts';
import { pickUp } from './pick-up.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** Once a day, at 03:17 UTC. */
const cleanupTimes = '17 3 * * *';
/** Every hour, so that a report finds few entries that are in no sum. */
const summingTimes = '7 * * * *';
/** Every ten minutes: what two processes missed of each other waits no longer. */
const settlingTimes = '*/10 * * * *';
/** Once a day, at 04:41 UTC. */
const listingTimes = '41 4 * * *';
/** Whoever asks for the same again does so within hours. */
const keysKeptMs = 30 * dayMs;

interface Work {
  readonly bot: BotDeps;
  readonly arrivals: Pick<Arrivals, 'catchUp'>;
  readonly queue: Pick<Queue, 'table'>;
  readonly jobs: JobRunner;
  readonly metrics: Pick<OpenMetrics, 'handlers'>;
  readonly settings: Pick<Settings, 'database' | 'media' | 'broadcasts'>;
  readonly spoolFolder: string;
  readonly catalogs: readonly TemplateCatalog[];
}

/** Takes up what the last process left, and begins to take jobs: what each of them does is decided here. */
export async function takeUpWork(work: Work): Promise<void> {
  const { bot, arrivals, queue, jobs, metrics, settings, spoolFolder, catalogs } = work;
  const { unitOfWork, clock, log } = bot;
  const isAlone = settings.database.engine === 'sqlite';
  await arrivals.catchUp();
  await pickUp({ unitOfWork, table: queue.table, isAlone, clock, log });
  await jobs.every('remove-old-media', cleanupTimes);
  await jobs.every('sum-usage', summingTimes);
  await jobs.every('settle-reports', settlingTimes);
  await jobs.every('sync-templates', listingTimes);
  // The whole ledger of an older version is in no sum yet.
  await queue.table.enqueue(scheduledJob('sum-usage', clock.now()));
  // The words of templates are what an uncertain one is found by.
  await queue.table.enqueue(scheduledJob('sync-templates', clock.now()));
  await jobs.start(
    metrics.handlers({
      'answer-user': createAnswerUser(bot),
      'erase-person': (payload, run) => erasePerson(bot, payload, run),
      'erase-at-provider': (payload, run) => eraseAtProvider(bot, payload, run),
      'send-broadcast': createSendBroadcast({ ...bot, jobs, ...settings.broadcasts }),
      'remove-old-media': async (_payload, run) => {
        await removeOldMedia(bot, settings.media.retentionDays, run.signal);
        // The pipeline has its own copy by then; a day is for turns that were interrupted.
        await removeOldUploads(spoolFolder, new Date(clock.now().getTime() - dayMs));
        await bot.exports.removeOld();
        await eraseOldUploads(bot, run.signal);
        await eraseAgainAtProviders(bot);
        const before = new Date(clock.now().getTime() - keysKeptMs);
        await unitOfWork.run((stores) => stores.outreach.forgetKeys(before));
      },
      'sum-usage': async (_payload, run) => {
        await sumUsage(bot, run.signal);
      },
      'settle-reports': async (_payload, run) => {
        await settleEarlyReports({ ...bot, jobs }, run.signal);
        await settleEarlyCorrections({ ...bot, jobs }, run.signal);
      },
      'sync-templates': async (_payload, run) => {
        await syncTemplates({ ...bot, catalogs }, run.signal);
        await nudgeUntold({ ...bot, jobs }, run.signal);
      },
    }),
  );
}
