import { CronExpressionParser } from 'cron-parser';
import type { JobRunner, ScheduledJobName } from '#src/ports/jobs.ts';
import { scheduledJob } from './scheduled-job.ts';
import { createWorkLoop, type RunnerDeps } from './work-loop.ts';

/** Longer than any step without a sign of life; renewed while the job runs. */
const leaseMs = 60_000;
const renewEveryMs = 20_000;
/** Sleeps at most this long, so that a changed system clock cannot stall the queue for good. */
const longestSleepMs = 30_000;

/** Runs jobs of a `JobTable` that only this process uses. It knows no SQL and sleeps until the next job is due. */
export function openEmbeddedRunner(deps: RunnerDeps): JobRunner {
  const { table, clock, log } = deps;
  const schedules = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  let closing = false;

  const loop = createWorkLoop({
    ...deps,
    leaseMs,
    // The next time first: whatever happens to this run, there will be another.
    beforeRun: async ({ name }) => {
      const cron = schedules.get(name);
      if (cron) await enqueueNext(name as ScheduledJobName, cron);
    },
    async afterLook(freeSlots) {
      clearTimeout(timer);
      wakesAt = Number.POSITIVE_INFINITY;
      if (freeSlots === 0) return;
      const next = await table.nextRunAt();
      if (next) sleepUntil(next.getTime());
    },
  });

  const renewal = setInterval(() => {
    loop
      .renew()
      .then(() => loop.look())
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the leases of running jobs could not be renewed');
      });
  }, renewEveryMs);
  renewal.unref();

  /** Wakes up at `time` or at the earlier time that is already set: a later wish must never push an earlier one away. */
  function sleepUntil(time: number): void {
    if (closing || time >= wakesAt) return;
    clearTimeout(timer);
    wakesAt = time;
    const sleepMs = Math.min(longestSleepMs, Math.max(0, time - clock.now().getTime()));
    timer = setTimeout(() => {
      wakesAt = Number.POSITIVE_INFINITY;
      void loop.look();
    }, sleepMs);
  }

  /** The waiting job is the memory: one that was due while no process ran still waits at the next start, and runs then. */
  function enqueueNext(name: ScheduledJobName, cron: string): Promise<void> {
    const times = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: clock.now() });
    return table.enqueue(scheduledJob(name, times.next().toDate()));
  }

  return {
    ...table.desk,
    async start(handlers) {
      loop.start(handlers);
      void loop.look();
    },
    async every(name, cron) {
      schedules.set(name, cron);
      await enqueueNext(name, cron);
      void loop.look();
    },
    async retry(jobId) {
      const isThere = await table.desk.retry(jobId);
      if (isThere) void loop.look();
      return isThere;
    },
    poke(at) {
      if (!at || at <= clock.now()) void loop.look();
      else sleepUntil(at.getTime());
    },
    whenIdle: () => loop.whenIdle(),
    async [Symbol.asyncDispose]() {
      closing = true;
      clearTimeout(timer);
      clearInterval(renewal);
      await loop.close();
    },
  };
}
