import type { InboundMessage } from '#src/domain/message.ts';
import type { Arrival } from '#src/ports/arrivals.ts';
import type { JobRunner } from '#src/ports/jobs.ts';
import type { Durability } from '#src/ports/stores.ts';
import { applyWishes } from './apply-wishes.ts';
import { countArrivals } from './count-arrivals.ts';
import type { BotDeps } from './deps.ts';

/** What storing and waking needs. */
export type StoreDeps = Pick<BotDeps, 'unitOfWork' | 'clock' | 'live' | 'rules' | 'limiter' | 'metrics'> & {
  readonly jobs: Pick<JobRunner, 'poke'>;
};

/** A burst is answered at the latest this many quiet moments after its first message. */
const longestWaitInDelays = 5;

/**
 * Stores messages and wakes their people in one transaction, then tells whoever watches. A message seen before changes nothing.
 * Those that waited in the arrival log keep the id and the time of their arrival, and their quiet moment began with it.
 * @param until `committed` for messages that are kept elsewhere as well
 */
export async function storeArrivals(
  deps: StoreDeps,
  messages: readonly (InboundMessage | Arrival)[],
  until: Durability = 'durable',
): Promise<void> {
  if (messages.length === 0) return;
  const { unitOfWork, limiter, clock, rules, jobs, live, metrics } = deps;
  const now = clock.now().getTime();
  const latest = messages.reduce((time, message) => Math.max(time, arrivedAt(message)), 0) || now;
  // The clock may have been set back since they arrived: nobody waits longer than the quiet moment from now.
  const runAt = new Date(Math.max(now, Math.min(latest, now) + rules.replyDelayMs));
  const { accepted, left, stopped } = await unitOfWork.run(async (stores) => {
    const fresh = await stores.inbox.accept(messages, rules.isWelcome);
    const wishes = await applyWishes(stores, clock, fresh);
    await countArrivals(
      stores,
      limiter,
      wishes.ordinary.filter(({ message }) => !message.change),
    );
    const users = new Set(fresh.map((message) => message.userId));
    if (users.size > 0) await stores.jobs.wake([...users], runAt, rules.replyDelayMs * longestWaitInDelays);
    return { accepted: fresh, left: wishes.left, stopped: wishes.stopped };
  }, until);
  for (const message of left) metrics.judged(message);
  if (accepted.length === 0) return;
  // First: what is being written for them ends, and their lane is free for the confirmation.
  for (const userId of stopped) live.announce({ kind: 'stopped', userId });
  jobs.poke(runAt);
  for (const userId of new Set(accepted.map((message) => message.userId)))
    live.announce({ kind: 'changed', userId });
}

function arrivedAt(message: InboundMessage | Arrival): number {
  return 'receivedAt' in message ? message.receivedAt.getTime() : 0;
}
