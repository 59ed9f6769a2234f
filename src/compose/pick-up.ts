import type { JobTable } from '#src/ports/jobs.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import type { Clock, Log } from '#src/ports/system.ts';

/** After a stop or a crash: takes back what dead processes held, and wakes everybody with something unanswered. */
export async function pickUp(deps: {
  readonly unitOfWork: UnitOfWork;
  readonly table: JobTable;
  /** True when one process owns the database: whatever is marked as running belongs to a process that is gone. */
  readonly isAlone: boolean;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<void> {
  const { unitOfWork, table, isAlone, clock, log } = deps;
  const { abandoned, hurried } = await table.release(isAlone ? 'all' : 'expired');
  const { withWork, withParts } = await unitOfWork.run(async (stores) => {
    for (const id of await stores.broadcasts.running()) await stores.jobs.broadcast(id, clock.now());
    return {
      withWork: await stores.inbox.usersWithWork(),
      withParts: await stores.outbox.usersWaiting(),
    };
  });
  // Those who wait or are being answered already are left alone: a start must not cut anybody's quiet moment short. What is only
  // to be sent may have waited for the owner to mend a channel, which is why this process was started.
  const users = [...new Set([...(await table.unattended(withWork)), ...withParts])];
  if (users.length > 0) await unitOfWork.run((stores) => stores.jobs.wake(users, clock.now(), 0));
  if (abandoned + hurried + users.length > 0) {
    log.info({ abandoned, hurried, people: users.length }, 'picking up what was left unanswered');
  }
}
