import type { JobRunner } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';

/** Corrections applied in one go by the clock. */
const batch = 500;
/** WhatsApp delivers what belongs together within minutes, and after an outage within hours. Milliseconds. */
const keptMs = 24 * 60 * 60 * 1000;

/**
 * Applies edits and revocations whose original was stored at the very moment they were kept, which two processes can miss of each
 * other, and forgets those whose original never came.
 */
export async function settleEarlyCorrections(
  deps: Pick<BotDeps, 'unitOfWork' | 'clock' | 'live'> & { readonly jobs: Pick<JobRunner, 'poke'> },
  signal: AbortSignal,
): Promise<void> {
  const { unitOfWork, clock, live, jobs } = deps;
  let isMore = true;
  while (isMore && !signal.aborted) {
    const now = clock.now();
    const { taken, userIds } = await unitOfWork.run(async (stores) => {
      const applied = await stores.corrections.applyKnown(batch);
      // What was being answered is answered anew.
      if (applied.userIds.length > 0) await stores.jobs.wake(applied.userIds, now, 0);
      return applied;
    });
    for (const userId of userIds) live.announce({ kind: 'changed', userId });
    if (userIds.length > 0) jobs.poke(now);
    isMore = taken === batch;
  }
  await unitOfWork.run((stores) => stores.corrections.forgetEarly(new Date(clock.now().getTime() - keptMs)));
}
