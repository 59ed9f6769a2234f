import { type BroadcastAction, stateAfter } from '#src/domain/broadcast.ts';
import type { Stores } from '#src/ports/stores.ts';

/** Why a broadcast is not steered, or whose lanes have changed by it. */
export type Steered = 'unknown' | 'not_now' | { readonly userIds: readonly string[] };

/**
 * Does with a broadcast what the owner wants. While it is not to go on, what is in people's lanes and has not begun is called back;
 * what has begun is brought to its end. When it goes on, that comes before whoever still waits.
 */
export async function steerBroadcast(
  { broadcasts, jobs }: Pick<Stores, 'broadcasts' | 'jobs'>,
  { broadcastId, action, now }: { broadcastId: string; action: BroadcastAction; now: Date },
): Promise<Steered> {
  const broadcast = await broadcasts.take(broadcastId);
  if (!broadcast) return 'unknown';
  const state = stateAfter(broadcast.state, action);
  if (!state) return 'not_now';
  if (state === broadcast.state && action !== 'retry-failed') return { userIds: [] };
  if (action === 'retry-failed' && (await broadcasts.requeueFailed(broadcastId)) === 0)
    return { userIds: [] };

  if (state === 'running') {
    const userIds = await broadcasts.putBack(broadcastId);
    await broadcasts.change(broadcastId, { state, isFresh: true });
    await jobs.broadcast(broadcastId, now);
    if (userIds.length > 0) await jobs.wake(userIds, now, 0);
    return { userIds };
  }
  const userIds = await broadcasts.callBack(broadcastId);
  // All of it is out, or on its way.
  if (broadcast.state === 'done' && userIds.length === 0) return 'not_now';
  if (action === 'cancel')
    await broadcasts.skipWaiting(broadcastId, { code: 'canceled', words: 'the broadcast was canceled' });
  await broadcasts.change(broadcastId, { state });
  return { userIds };
}
