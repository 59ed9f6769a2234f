import type { ChannelName } from '#src/domain/identity.ts';
import type { QueuedPart, Resting } from '#src/domain/turn.ts';
import { change } from './conclude.ts';
import type { BotDeps } from './deps.ts';

/**
 * Where a channel cannot be asked for a part whose sending is uncertain, so long is waited for a report that carries our reference
 * before it is sent again; from the start of this process, where that was later. Milliseconds.
 */
const reportWaitMs = 30_000;

/**
 * What must not be sent yet, by the channels on which it waits.
 * @param passedBy channels on which something waits that holds up nothing else
 */
export function toResting(
  times: ReadonlyMap<ChannelName, Date>,
  passedBy: ReadonlyMap<ChannelName, Date>,
): Resting {
  const all = [...times.values(), ...passedBy.values()].map((time) => time.getTime());
  return { channels: new Set(times.keys()), until: new Date(Math.min(...all)) };
}

/** Until when a part must wait; undefined when it may go. */
export function restsUntil(
  deps: Pick<BotDeps, 'channels' | 'channelHealth' | 'clock' | 'startedAt'>,
  part: QueuedPart,
): Date | undefined {
  const { channels, channelHealth, clock, startedAt } = deps;
  const now = clock.now();
  if (part.notBefore && part.notBefore > now) return part.notBefore;
  const isUnknown = isUncertain(part) && channels.get(part.channel)?.findSent === undefined;
  if (isUnknown) {
    const since = Math.max((part.triedAt ?? now).getTime(), startedAt.getTime());
    const until = new Date(Math.min(since, now.getTime()) + reportWaitMs);
    if (until > now) return until;
  }
  return channelHealth.restsUntil(part.channel);
}

/** Whether an attempt began whose outcome is unknown. */
export function isUncertain(part: QueuedPart): boolean {
  return part.state === 'sending' && !part.isBegun;
}

/** What was only stored as begun is queued again: nothing about it is uncertain. */
export async function putBack(deps: Pick<BotDeps, 'unitOfWork'>, part: QueuedPart): Promise<QueuedPart> {
  if (!part.isBegun) return part;
  await change(deps, ({ outbox }) => outbox.queuedAgain(part, true));
  const { isBegun: _, ...facts } = part;
  return { ...facts, state: 'queued', excused: part.excused + 1 };
}
