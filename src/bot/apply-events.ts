import type {
  AccountReport,
  ChannelEvent,
  MarketingPreference,
  TemplateReport,
} from '#src/domain/channel-event.ts';
import type { DeliveryReport } from '#src/domain/delivery.ts';
import type { JobRunner } from '#src/ports/jobs.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import type { NudgeRules } from './hold.ts';
import { settleReports, tellSettled } from './settle-reports.ts';

/**
 * Applies what a webhook tells; resolves once all of it is stored.
 * @throws StorageUnavailable and others: nothing was stored, and whoever sent it must send it again
 */
export type ApplyEvents = (events: readonly ChannelEvent[]) => Promise<void>;

type ApplyDeps = Pick<
  BotDeps,
  'unitOfWork' | 'channels' | 'channelHealth' | 'clock' | 'live' | 'log' | 'metrics'
> & {
  readonly rules: NudgeRules;
  readonly jobs: Pick<JobRunner, 'poke'>;
  /** Stores what became of templates, in the webhook's transaction. */
  readonly onTemplates?: (stores: Stores, reports: readonly TemplateReport[]) => Promise<void>;
};

/** Everything in one webhook is one transaction, however much it is; repeated or reordered reports change nothing. */
export function createApplyEvents(deps: ApplyDeps): ApplyEvents {
  const { unitOfWork, jobs, clock, live, onTemplates } = deps;
  return async (events) => {
    const { deliveries, templates, preferences, accounts } = sort(events);
    if (deliveries.length + preferences.length > 0 || (templates.length > 0 && onTemplates)) {
      const mustList = templates.some((report) => 'isEdited' in report || isNudgeApproved(deps, report));
      const { changed, settled } = await unitOfWork.run(async (stores) => {
        if (templates.length > 0) await onTemplates?.(stores, templates);
        if (mustList) await stores.jobs.syncTemplates(clock.now());
        return {
          changed: preferences.length > 0 ? await stores.consents.prefer(preferences) : [],
          settled: deliveries.length > 0 ? await settleReports(stores, deps, deliveries) : undefined,
        };
      });
      for (const userId of changed) live.announce({ kind: 'changed', userId });
      if (settled) tellSettled(deps, settled);
      if (settled?.retryAt) jobs.poke(settled.retryAt);
      if (mustList) jobs.poke();
    }
    for (const report of templates)
      if ('isEdited' in report && report.unknownEvent)
        deps.log.warn({ ...report }, 'the provider reports something unknown about a template');
    for (const report of accounts) tellAccount(deps, report);
  };
}

/** Whether people can be told again that something is held for them, which the job that lists templates does. */
function isNudgeApproved({ rules }: ApplyDeps, report: TemplateReport): boolean {
  const isApproved = 'state' in report && report.state === 'approved';
  return isApproved && rules.nudges.get(report.channel)?.name === report.name;
}

/** What is disabled stops like after a call that was refused: a call tells when it works again. */
function tellAccount({ channelHealth, log }: ApplyDeps, report: AccountReport): void {
  const { channel, code, title, meaning } = report;
  log.warn({ channel, code, title }, 'the provider reports something about the account');
  if (meaning?.kind === 'stops') channelHealth.stopped(channel, { code, words: meaning.words }, 'call');
  if (meaning?.kind === 'concerns_owner') channelHealth.alert(channel, { code, words: meaning.words });
  if (meaning?.kind === 'ends') channelHealth.over(channel, meaning.codes);
}

/** Reports settled in one go by the clock. */
const batch = 500;
/** What nobody has sent by then is not ours. Milliseconds. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Settles reports whose message was stored at the very moment they were kept, which two processes can miss of each other, and
 * forgets those of messages that never came.
 */
export async function settleEarlyReports(deps: ApplyDeps, signal: AbortSignal): Promise<void> {
  const { unitOfWork, clock, jobs } = deps;
  let isMore = true;
  while (isMore && !signal.aborted) {
    const { taken, settled } = await unitOfWork.run(async (stores) => {
      const reports = await stores.deliveries.takeKnown(batch);
      return { taken: reports.length, settled: await settleReports(stores, deps, reports) };
    });
    tellSettled(deps, settled);
    if (settled.retryAt) jobs.poke(settled.retryAt);
    isMore = taken === batch;
  }
  await unitOfWork.run((stores) => stores.deliveries.forgetEarly(new Date(clock.now().getTime() - keptMs)));
}

function sort(events: readonly ChannelEvent[]) {
  const deliveries: DeliveryReport[] = [];
  const templates: TemplateReport[] = [];
  const preferences: MarketingPreference[] = [];
  const accounts: AccountReport[] = [];
  for (const event of events) {
    if (event.kind === 'delivery') deliveries.push(event.report);
    else if (event.kind === 'template') templates.push(event.report);
    else if (event.kind === 'preference') preferences.push(event.report);
    else accounts.push(event.report);
  }
  return { deliveries, templates, preferences, accounts };
}
