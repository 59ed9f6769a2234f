import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import type { Stores } from '#src/ports/stores.ts';

/** A message that was just stored for the first time. */
interface Arrival {
  readonly messageId: string;
  readonly userId: string;
  readonly isAllowed: boolean;
}

/**
 * Counts new messages against their senders' allowance, and stores with those that were too many until when: in the transaction
 * that stores them, as whoever judges them may be another process and quick. The limiter never fails and uses a connection of its
 * own, so that it can be asked in the middle of a transaction.
 */
export async function countArrivals(
  stores: Stores,
  limiter: RateLimiter,
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
  if (exceeded.size > 0) await stores.inbox.limit(exceeded);
}
