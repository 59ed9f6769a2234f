import type { JobTable } from '#src/ports/jobs.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import type { Clock, Log } from '#src/ports/system.ts';

/** After a stop or a crash: takes back what the last process held, and wakes everybody with something unanswered. */
export async function pickUp(deps: {
  readonly unitOfWork: UnitOfWork;
  readonly table: JobTable;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<void> {
  const { unitOfWork, table, clock, log } = deps;
  // One process owns the database: whatever is marked as running belongs to a process that is gone.
  const released = await table.release({ leasesBefore: 'all' });
  const people = await unitOfWork.run(async (stores) => {
    const users = await stores.inbox.usersWithWork();
    if (users.length > 0) await stores.jobs.wake(users, clock.now(), 0);
    return users.length;
  });
  if (released + people > 0) log.info({ released, people }, 'picking up what was left unanswered');
}
