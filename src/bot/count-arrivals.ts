import { StorageUnavailable } from '#src/domain/errors.ts';
import type { BotDeps } from './deps.ts';

/** A message that was just stored for the first time. */
interface Arrival {
  readonly messageId: string;
  readonly userId: string;
  readonly isAllowed: boolean;
}

/**
 * Counts new messages against their senders' allowance, and stores with those that were too many until when. To be called after
 * they are stored and before anybody is woken: whoever judges them may be another process.
 */
export async function countArrivals(
  { limiter, unitOfWork }: Pick<BotDeps, 'limiter' | 'unitOfWork'>,
  arrivals: readonly Arrival[],
): Promise<void> {
  const exceeded = new Map<string, Date>();
  const byPerson = Map.groupBy(
    arrivals.filter((arrival) => arrival.isAllowed),
    (arrival) => arrival.userId,
  );
  await Promise.all(
    [...byPerson].map(async ([userId, ofOne]) => {
      // One after the other, so that it is the last ones that were too many.
      for (const { messageId } of ofOne) {
        const until = await limiter.arrived(userId);
        if (until) exceeded.set(messageId, until);
      }
    }),
  );
  if (exceeded.size === 0) return;
  try {
    await unitOfWork.run((stores) => stores.inbox.limit(exceeded));
  } catch (error) {
    // The messages themselves are safe, and a sender whose webhook is refused now would only send it again.
    if (!(error instanceof StorageUnavailable)) throw error;
  }
}
