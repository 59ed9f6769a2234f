import {
  type CodeMeaning,
  type DeliveryReport,
  hasArrived,
  isOut,
  nextState,
  type OutboundState,
} from '#src/domain/delivery.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { PartChange, ReportedPart } from '#src/ports/deliveries.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { alertMissingNudge, type NudgeRules, outsideWindow } from './hold.ts';
import { noteProviderOptOut, optOutOf } from './provider-opt-out.ts';
import { isNudgeRefused, noteRefusedNudges, nudgeAlert } from './refused-nudge.ts';
import { holdUnlessWritten, nudgeHeld } from './settle-window.ts';

type SettleDeps = Pick<BotDeps, 'channels' | 'clock'> & { readonly rules: NudgeRules };
type TellDeps = Pick<BotDeps, 'live' | 'log' | 'metrics' | 'channelHealth'>;

/** What became of parts by reports, to be told once it is stored. */
export interface Settled {
  readonly changes: readonly PartChange[];
  /** How many reports were about messages nobody knows yet. */
  readonly unknown: number;
  /** Channels that cannot be used, by what was reported. */
  readonly stops: readonly { readonly channel: ChannelName; readonly code: string; readonly words: string }[];
  /** What works but needs the owner, by what was reported. */
  readonly alerts: Settled['stops'];
  /** Channels on which something is held and nobody can be told. */
  readonly silent: readonly ChannelName[];
  /** When the earliest part that is to be sent again is due; undefined when none is. */
  readonly retryAt: Date | undefined;
}

/** Without a word of the provider's: so long before the first repetition, and so many of them. */
const usualRetryMs = 10_000;
const usualRepeats = 3;
/** Of what was sent too fast: a day's worth at the longest pause, and then nobody waits for it any more. */
const rateLimitRepeats = 180;
/** Pauses grow up to this one; what waits for longer the queue takes for a clock that was set back. Milliseconds. */
const longestWaitMs = 8 * 60_000;
/** Clocks differ, and providers count whole seconds. */
const toleranceMs = 5_000;

/**
 * Applies delivery reports to the parts they are about: states go forward, what failed in passing is queued again, what only gets
 * through once the person has written is held, the rest ends with a reason. Reports about messages that are not known yet are kept.
 */
export async function settleReports(
  stores: Stores,
  deps: SettleDeps,
  reports: readonly DeliveryReport[],
): Promise<Settled> {
  const parts = await stores.deliveries.find(reports);
  const unknown = reports.filter((report) => !parts.has(report));
  if (unknown.length > 0) await stores.deliveries.keep(unknown);

  const stops: Settled['stops'][number][] = [];
  const alerts: Settled['stops'][number][] = [];
  const decided: PartChange[] = [];
  const byPart = Map.groupBy(parts, ([, part]) => part.id);
  for (const [entry, ...more] of byPart.values()) {
    if (!entry) continue;
    const ofPart = [entry, ...more].map(([report]) => report);
    const change = decide(entry[1], ofPart, deps, { stops, alerts });
    if (change) decided.push(change);
  }
  const changes = await holdUnlessWritten(stores, deps.clock, decided);
  await stores.deliveries.change(changes);
  for (const { part, problem } of changes)
    if (problem)
      await noteProviderOptOut(stores, { userId: part.userId, channel: part.channel, code: problem.code });

  await noteRefusedNudges(stores, deps.channels, changes);
  const nudged = await nudgeHeld(stores, deps.rules, changes);
  const again = [
    ...changes.flatMap(({ part, notBefore }) => (notBefore ? [{ userId: part.userId, notBefore }] : [])),
    ...nudged.userIds.map((userId) => ({ userId, notBefore: deps.clock.now() })),
  ];
  for (const [time, ofTime] of Map.groupBy(again, ({ notBefore }) => notBefore.getTime())) {
    const waitMs = Math.max(0, time - deps.clock.now().getTime());
    await stores.jobs.wake([...new Set(ofTime.map(({ userId }) => userId))], new Date(time), waitMs);
  }
  const earliest = Math.min(...again.map(({ notBefore }) => notBefore.getTime()));
  const retryAt = again.length > 0 ? new Date(earliest) : undefined;
  return { changes, unknown: unknown.length, stops, alerts, silent: nudged.silent, retryAt };
}

const endings: Readonly<Partial<Record<OutboundState, string>>> = {
  held: 'a message is held until the person writes',
};

/** Tells whoever watches; to be called once what was settled is stored. */
export function tellSettled(deps: TellDeps, settled: Settled): void {
  const { live, log, metrics, channelHealth } = deps;
  for (const channel of settled.silent) alertMissingNudge(deps, channel);
  for (const { channel, ...problem } of settled.alerts) channelHealth.alert(channel, problem);
  for (const { part, state, problem, notBefore } of settled.changes) {
    const reported = notBefore ? 'sent_again' : state;
    if (state === part.state && !notBefore) continue;
    metrics.partReported({ channel: part.channel, state: reported, errorCode: problem?.code });
    if (problem)
      log[notBefore ? 'warn' : state === 'held' ? 'info' : 'error'](
        { partId: part.id, channel: part.channel, code: problem.code, reason: problem.reason },
        notBefore
          ? 'a message failed on its way and will be sent again'
          : (endings[state] ?? 'a message could not be delivered'),
      );
  }
  for (const userId of new Set(settled.changes.map(({ part }) => part.userId)))
    live.announce({ kind: 'changed', userId });
  for (const { part, problem } of settled.changes)
    if (problem && optOutOf(part.channel, problem.code) === 'messages')
      live.announce({ kind: 'stopped', userId: part.userId });
  for (const { channel, ...problem } of settled.stops) channelHealth.stopped(channel, problem, 'report');
  const stopped = new Set(settled.stops.map(({ channel }) => channel));
  const isGood = ({ part, state }: PartChange) =>
    !stopped.has(part.channel) &&
    (state === 'sent' || hasArrived(state)) &&
    channelHealth.isStopped(part.channel);
  for (const { part } of settled.changes.filter(isGood)) channelHealth.works(part.channel, 'report');
}

/** What becomes of one part; undefined when the reports say nothing new. */
function decide(
  part: ReportedPart,
  reports: readonly DeliveryReport[],
  { channels, clock }: SettleDeps,
  { stops, alerts }: { stops: Settled['stops'][number][]; alerts: Settled['stops'][number][] },
): PartChange | undefined {
  const telling = reports.filter((report) => isTelling(part, report));
  const [first] = telling;
  if (!first) return undefined;
  const state = telling.reduce<OutboundState>(
    (reached, { state: next }) => nextState(reached, next),
    part.state,
  );
  const isNew = state !== part.state;
  const times = Object.fromEntries(telling.map((report) => [report.state, report.at]));
  const decisive = telling.find((report) => report.state === state);
  const providerId = (isNew ? decisive?.providerId : undefined) ?? part.providerId ?? first.providerId;
  const change = { part, state, providerId, times };
  if (!isNew) return isOut(state) ? change : undefined;
  if (state !== 'failed' || !decisive) {
    return part.state === 'failed' || part.state === 'held' || part.failures > 0
      ? { ...change, problem: null }
      : change;
  }

  const code = decisive.errorCode ?? 'unknown';
  const meaning = explain(channels.get(part.channel), code, decisive.errorTitle);
  const problem = { code, title: decisive.errorTitle, reason: meaning.words };
  const told = { channel: part.channel, code, words: meaning.words };
  if (meaning.kind === 'stops') stops.push(told);
  if (meaning.concernsOwner) alerts.push(told);
  if (isNudgeRefused(part, meaning)) alerts.push({ channel: part.channel, ...nudgeAlert(meaning) });
  if (meaning.kind === 'window' && !part.isTemplate) {
    const { code: held, words: reason } = outsideWindow;
    return { ...change, state: 'held', times: {}, problem: { ...problem, code: held, reason } };
  }
  const waitMs = repeatAfterMs(meaning, part.failures);
  if (waitMs === undefined) return { ...change, problem };
  const notBefore = new Date(clock.now().getTime() + waitMs);
  return { ...change, state: 'queued', times: {}, problem, notBefore };
}

/**
 * Whether a report says something about a part as it is now. What proves that the person has it always does; the rest is about one
 * attempt, and an earlier one's failure must not end a later one.
 */
function isTelling(part: ReportedPart, report: DeliveryReport): boolean {
  if (hasArrived(report.state)) return true;
  const isKnown = part.providerId === report.providerId;
  // Its own id is of an attempt that failed; the attempt that is under way has none yet.
  if (!isOut(part.state)) {
    if (isKnown || !part.triedAt) return false;
    return part.providerId === undefined || report.at.getTime() >= part.triedAt.getTime() - toleranceMs;
  }
  return isKnown || part.providerId === undefined;
}

/** Milliseconds until a message that failed is sent again; undefined when it is not. */
function repeatAfterMs(meaning: CodeMeaning, failures: number): number | undefined {
  switch (meaning.kind) {
    case 'final':
    case 'window':
      return undefined;
    case 'stops':
      return Math.min(longestWaitMs, 60_000 * 2 ** Math.min(failures, 10));
    case 'passes':
      if (failures >= (meaning.isRateLimit ? rateLimitRepeats : (meaning.mostRepeats ?? usualRepeats)))
        return undefined;
      return Math.min(longestWaitMs, (meaning.retryAfterMs ?? usualRetryMs) * 2 ** Math.min(failures, 10));
  }
}

/** What a code means; one that nobody knows ends the message with the provider's own words. */
function explain(channel: Channel | undefined, code: string, title?: string): CodeMeaning {
  const meaning = channel?.explain?.(code);
  return (
    meaning ?? { kind: 'final', words: title ?? 'the provider could not deliver it and does not say why' }
  );
}
