import type { NewJob, ScheduledJobName } from '#src/ports/jobs.ts';

/** The next run of a job that repeats by the clock: in a lane of its own, and at most one that waits. */
export function scheduledJob(name: ScheduledJobName, runAt: Date): NewJob {
  return { name, lane: name, key: name, payload: '{}', runAt };
}
