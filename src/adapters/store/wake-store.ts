import { sql } from 'kysely';
import type { NewJob, WakeStore } from '#src/ports/jobs.ts';
import type { StoreContext } from './unit-of-work.ts';
import { upsertWaitingJobs } from './waiting-jobs.ts';

/** Queues the wake-up of a person inside the transaction that stored their message. */
export function createWakeStore({ trx, clock, newId, setAlarms }: StoreContext): WakeStore {
  /** One that waits already under its key is moved to the earlier time. */
  async function wakeAt(job: Omit<NewJob, 'runAt'>, runAt: Date): Promise<void> {
    const at = runAt.toISOString();
    await upsertWaitingJobs(trx, [{ ...job, id: newId() }], {
      runAt,
      now: clock.now(),
      latest: at,
      whenWaiting: sql<string>`case when ${at} < jobs.run_at then ${at} else jobs.run_at end`,
      setAlarms,
    });
  }

  return {
    async wake(userIds, runAt, latestMs) {
      const now = clock.now();
      // One statement cannot move the same row twice.
      const jobs = [...new Set(userIds)].map((userId) => ({
        id: newId(),
        name: 'answer-user' as const,
        lane: userId,
        key: userId,
        payload: JSON.stringify({ userId }),
      }));
      const at = runAt.toISOString();
      await upsertWaitingJobs(trx, jobs, {
        runAt,
        now,
        latest: new Date(now.getTime() + latestMs).toISOString(),
        // Each further message moves the wake-up, up to its limit. One that waits after a failure keeps its time: the vendor
        // asked for it, and the failing turn comes first anyway.
        whenWaiting: sql<string>`case when jobs.last_error is not null then jobs.run_at
          when ${at} > jobs.latest_at then jobs.latest_at else ${at} end`,
        setAlarms,
      });
    },

    erase: (name, userId, runAt) =>
      wakeAt({ name, lane: userId, key: `${name}:${userId}`, payload: JSON.stringify({ userId }) }, runAt),

    syncTemplates: (runAt) =>
      wakeAt({ name: 'sync-templates', lane: 'sync-templates', key: 'sync-templates', payload: '{}' }, runAt),

    // One lane for all of them: together they keep to the pace, and the one that waited longest goes on next.
    broadcast: (broadcastId, runAt) =>
      wakeAt(
        {
          name: 'send-broadcast',
          lane: 'send-broadcast',
          key: `send-broadcast:${broadcastId}`,
          payload: JSON.stringify({ broadcastId }),
        },
        runAt,
      ),
  };
}
