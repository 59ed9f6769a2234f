import { StorageUnavailable } from '#src/domain/errors.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';
import { handleTurns } from './handle-turn.ts';

/** How long a person's lane rests after all attempts of a job failed, in milliseconds. */
const restMs = 60_000;

/** The job: everything this person has sent and that is still unanswered. */
export function createAnswerUser(deps: BotDeps): (payload: { userId: string }, run: JobRun) => Promise<void> {
  return async ({ userId }, run) => {
    const log = deps.log.child({ userId, attempt: run.attempt });
    try {
      const until = await handleTurns({ ...deps, log }, userId, run);
      if (until) await comeBack(userId, until);
    } catch (error) {
      // Trouble with our own database is no attempt at all: the queue tries again soon, for as long as it takes.
      if (!run.lastAttempt || run.signal.aborted || error instanceof StorageUnavailable) throw error;
      // Turns and parts end by their own limits, with a reason. What is still unfinished here must not be forgotten.
      log.error({ err: error }, 'a person could not be served; trying again later');
      await comeBack(userId, new Date(deps.clock.now().getTime() + restMs));
    }
  };

  /** The lane is woken again, at the latest then. */
  function comeBack(userId: string, at: Date): Promise<void> {
    const waitMs = Math.max(0, at.getTime() - deps.clock.now().getTime());
    return deps.unitOfWork.run((stores) => stores.jobs.wake([userId], at, waitMs));
  }
}
