import {
  AppError,
  CalledBack,
  LostLease,
  OptedOut,
  ProviderRefused,
  ProviderUnavailable,
  StorageUnavailable,
} from '#src/domain/errors.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { AtHand, QueuedPart } from '#src/domain/turn.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { PartAtHand } from '#src/ports/outbox.ts';
import { type Change, change, conclude } from './conclude.ts';
import type { BotDeps } from './deps.ts';
import { drop, type GivenUp, giveUp, noteRefusal, stopsChannel } from './end-part.ts';
import { unknownOutcome } from './failure-words.ts';
import { cannotBeFound, holdPart, type NudgeRules } from './hold.ts';
import { reroute } from './reroute.ts';
import { isUncertain, putBack, restsUntil, toResting } from './resting-parts.ts';
import { type Settled, settleReports, tellSettled } from './settle-reports.ts';
import { slowDown } from './slow-down.ts';
import { createWindowCheck } from './window.ts';

type DeliverDeps = Pick<
  BotDeps,
  'unitOfWork' | 'channels' | 'channelHealth' | 'clock' | 'log' | 'live' | 'metrics' | 'startedAt'
> & { readonly rules: NudgeRules };

/** With the queue's growing delays this outlasts a few minutes of a provider's outage. */
const attemptsPerPart = 8;

/** What became of an attempt to send a part: it is out, held, given up, put off, or what is at hand must be looked at anew. */
type Attempt = 'sent' | 'held' | 'stopped' | GivenUp | { readonly putOff: Date };

/**
 * Sends what is at hand, part after part, and ends the turn they belong to. Before an uncertain part is repeated it is looked up
 * at the provider. A part that cannot be delivered ends its message with a reason; the next message is not held up by it. What must
 * wait holds up what comes after it on the same channel, so that the order is kept. What does not get through before its person
 * writes again is held, and nothing ends by that.
 * @returns what is at hand then
 */
export async function deliver(
  deps: DeliverDeps,
  userId: string,
  { parts, turn }: AtHand,
  run: JobRun,
): Promise<AtHand> {
  const failed = new Map<string | undefined, string>();
  const held = new Set<string | undefined>();
  const delivery = { turn, failed, held, startedAt: deps.clock.now().getTime() };
  const resting = new Map<ChannelName, Date>();
  const passedBy = new Map<ChannelName, Date>();
  const windows = createWindowCheck(deps, userId, turn);
  let next: AtHand | undefined;
  for (const queued of parts) {
    if (queued.turnId && failed.has(queued.turnId)) continue;
    // Nothing new is begun once the lease is lost or the process is to end.
    run.signal.throwIfAborted();
    if (resting.has(queued.channel)) continue;
    let part = queued;
    let until = passedBy.get(queued.channel) ?? restsUntil(deps, queued);
    if (until) {
      const notBegun = await putBack(deps, queued);
      const other = await reroute(deps, userId, notBegun);
      // The pieces are new, and come before what follows.
      if (other === 'in_pieces') return conclude(deps, userId, delivery);
      if (other === 'passed_by') {
        passedBy.set(queued.channel, until);
        continue;
      }
      part = other ?? notBegun;
      if (other) until = resting.get(other.channel) ?? restsUntil(deps, other);
    }
    if (until) {
      for (const { channel } of [queued, part]) resting.set(channel, until);
      continue;
    }
    const attempt = await deliverPart(deps, part, { userId, ...windows, run }, async (sent) => {
      // With the last one the turn is over: one commit for both.
      if (queued === parts.at(-1)) next = await conclude(deps, userId, delivery, sent);
      else await change(deps, sent);
    });
    deps.live.announce({ kind: 'changed', userId });
    // Looked at anew, it may go another way, and before what comes after it.
    if (attempt === 'stopped') return conclude(deps, userId, delivery);
    if (attempt === 'held') {
      held.add(part.turnId);
      // Whatever we thought: the next one must not overtake it.
      windows.closed(part.channel);
    }
    if (typeof attempt === 'object' && 'putOff' in attempt) resting.set(part.channel, attempt.putOff);
    if (typeof attempt === 'object' && 'failed' in attempt) {
      failed.set(part.turnId, attempt.failed);
      await noteRefusal(deps, { userId, channel: part.channel, code: attempt.failed });
    }
  }
  next ??= await conclude(deps, userId, delivery);
  return resting.size + passedBy.size === 0 ? next : { ...next, resting: toResting(resting, passedBy) };
}

/** Whom a part is for, and what decides whether it goes now. */
interface Way {
  readonly userId: string;
  readonly getsThrough: (part: QueuedPart) => Promise<boolean>;
  readonly run: JobRun;
}

/** Throws when it is worth another try. */
async function deliverPart(
  deps: DeliverDeps,
  part: QueuedPart,
  { userId, getsThrough, run }: Way,
  store: (sent: Change) => Promise<void>,
): Promise<Attempt> {
  const { channels, channelHealth, clock, log, metrics } = deps;
  const channel = channels.get(part.channel);
  if (!channel) return giveUp(deps, part, { atHand: part, reason: 'channel_not_configured' });
  const outbound = { ...part, firstTriedAt: part.firstTriedAt ?? clock.now() };
  let atHand: PartAtHand = part;
  try {
    const found = isUncertain(part) ? await channel.findSent?.(outbound, { signal: run.signal }) : null;
    if (!found && isUncertain(part) && channel.findSent && cannotBeFound(part))
      return giveUp(deps, part, { atHand, reason: unknownOutcome });
    if (!found && !(await getsThrough(part))) return await hold(deps, { userId, part, atHand });
    if (found) log.info({ partId: part.id }, 'an uncertain part had been sent after all');
    else if (!part.isBegun) atHand = await begin(deps, part);
    const uploaded = (ref: string) =>
      change(deps, ({ uploads }) => uploads.note(part.id, { channel: channel.name, ref }));
    const { providerId } = found ?? (await channel.send(outbound, { signal: run.signal, uploaded }));
    channelHealth.works(part.channel, 'call');
    await storeSent(deps, channel, { atHand, providerId }, store);
    const state = found ? 'looked_up' : isUncertain(part) ? 'repeated' : 'sent';
    metrics.partEnded({ channel: part.channel, state });
    return 'sent';
  } catch (error) {
    // Neither says anything about the part: what became of it is found out in the next run, or by whoever has it now.
    if (error instanceof StorageUnavailable || error instanceof LostLease) throw error;
    if (error instanceof OptedOut) return drop(deps, part, error);
    if (error instanceof CalledBack) return 'stopped';
    if (error instanceof ProviderRefused) {
      if (error.reason === 'window' && !part.template) return hold(deps, { userId, part, atHand });
      const reason = error.vendorCode ?? error.reason;
      const words = stopsChannel(channel, error);
      if (words === undefined) return giveUp(deps, part, { atHand, reason, error });
      channelHealth.stopped(part.channel, { code: reason, words }, 'call');
      // A part whose look-up was refused stays uncertain.
      if (part.isBegun || atHand !== part)
        await change(deps, ({ outbox }) => outbox.queuedAgain(atHand, true));
      return 'stopped';
    }
    if (error instanceof ProviderUnavailable && error.rateLimit && !error.uncertain) {
      const putOff = await slowDown(deps, part, { atHand, error });
      if (putOff) return { putOff };
      return giveUp(deps, part, { atHand, reason: error.vendorCode ?? error.code, error });
    }
    // Only what was begun here: an earlier attempt stays uncertain when the look-up is what failed.
    if (error instanceof ProviderUnavailable && !error.uncertain && (part.isBegun || atHand !== part)) {
      await change(deps, ({ outbox }) => outbox.queuedAgain(atHand));
      atHand = { ...atHand, state: 'queued' };
    }
    const wasLast = part.attempts - part.excused + (part.isBegun ? 0 : 1) >= attemptsPerPart;
    if (wasLast && !run.signal.aborted) {
      const reason = error instanceof AppError ? (error.vendorCode ?? error.code) : 'unexpected_error';
      return giveUp(deps, part, { atHand, reason, error });
    }
    throw error;
  }
}

/**
 * Stores that a part is out, with what was reported of it already. Reports may be quicker than the answer to the call; the chat page
 * has none.
 */
async function storeSent(
  deps: DeliverDeps,
  channel: Channel,
  { atHand, providerId }: { atHand: PartAtHand; providerId: string },
  store: (sent: Change) => Promise<void>,
): Promise<void> {
  let settled: Settled | undefined;
  await store(async (stores) => {
    if (!(await stores.outbox.sent(atHand, providerId))) return false;
    if (channel.name === 'simulator') return true;
    const early = await stores.deliveries.takeEarly(channel.name, providerId);
    settled = early.length > 0 ? await settleReports(stores, deps, early) : undefined;
    return true;
  });
  if (settled) tellSettled(deps, settled);
}

/** Stores that an attempt begins, so that a crash in the middle of it is noticed. @returns the part as it is then */
async function begin(deps: DeliverDeps, part: QueuedPart): Promise<PartAtHand> {
  await change(deps, ({ outbox }) => outbox.sending(part));
  return { id: part.id, state: 'sending', attempts: part.attempts + 1 };
}

async function hold(deps: DeliverDeps, about: Parameters<typeof holdPart>[1]): Promise<Attempt> {
  return (await holdPart(deps, about)) ? 'held' : { failed: 'opted_out' };
}
