import type { JobRunner, ScheduledJobName } from '#src/ports/jobs.ts';
import type { Alarms } from './pg-boss-alarms.ts';
import { scheduledJob } from './scheduled-job.ts';
import { createWorkLoop, type RunnerDeps } from './work-loop.ts';

interface PgBossRunnerDeps extends RunnerDeps {
  readonly alarms: Alarms;
  /** Shorter only in tests, in milliseconds. */
  readonly leaseMs?: number;
}

/** A process that was killed keeps its people waiting for so long at most. */
const defaultLeaseMs = 15_000;
/** Renewals, and looks without an alarm, a lease. */
const sweepsPerLease = 3;
/** A run ends itself after this part of a lease without a renewal, so that it is over when another process may take it up. */
const patiencePerLease = 0.8;
/** A job that is due but that nobody could take is being changed by somebody at this moment: so long until the next try. */
const lockedMs = 100;
/** Pokes for times this close share a timer, in milliseconds. */
const timerGridMs = 5;
/** The key of an alarm that means nobody in particular. */
const anybody = '';

/**
 * Runs jobs of a `JobTable` on Postgres that any number of processes share. pg-boss's alarms tell one of them when something is
 * due; what is due says the table alone. A process that is full leaves alarms to others; one that was never started takes none.
 */
export function openPgBossRunner(deps: PgBossRunnerDeps): JobRunner {
  const { table, clock, log, alarms, leaseMs = defaultLeaseMs } = deps;
  const timers = new Map<number, NodeJS.Timeout>();
  let sweep: NodeJS.Timeout | undefined;
  let started = false;
  let closing = false;
  let closed = false;
  const loop = createWorkLoop({ ...deps, leaseMs, patienceMs: leaseMs * patiencePerLease });

  /** An alarm rang here. What is still waiting afterwards gets another one, so that no alarm is swallowed. */
  async function onRing(keys: string[]): Promise<void> {
    await loop.look();
    const waiting = await table.waitingOf([...new Set(keys)]);
    const now = clock.now();
    const later = waiting.filter(({ runAt }) => runAt > now);
    if (loop.freeSlots() === 0) {
      await alarms.set(undefined, later);
      if (later.length < waiting.length || keys.includes(anybody)) await callAnother();
    } else {
      const soon = new Date(now.getTime() + lockedMs);
      const due = waiting.filter(({ runAt }) => runAt <= now);
      await alarms.set(undefined, [...later, ...due.map(({ key }) => ({ key, runAt: soon }))]);
    }
    await loop.hasRoom();
  }

  /** This process is full, or takes nothing: whoever has room looks now. */
  async function callAnother(): Promise<void> {
    const next = await table.nextRunAt();
    if (next && next <= clock.now()) await alarms.set(undefined, [{ key: anybody, runAt: clock.now() }]);
  }

  /** The time of a poke has come: the alarm for it may be half a second late, so this process looks, or calls another. */
  async function onTimer(): Promise<void> {
    if (started) await loop.look();
    if (!started || loop.freeSlots() === 0) await callAnother();
  }

  function scheduleSweep(): void {
    if (closed) return;
    // With jitter, so that processes which were started together do not sweep together.
    sweep = setTimeout(
      () => {
        // First, because what follows may hang on a connection that has fallen silent, and the next renewal gets another one.
        scheduleSweep();
        loop
          .renew()
          .catch((error: unknown) => {
            log.warn({ err: error }, 'the leases of running jobs could not be renewed');
          })
          .then(() => void (closing || loop.look()));
      },
      (leaseMs / sweepsPerLease) * (0.8 + Math.random() * 0.2),
    );
  }

  return {
    ...table.desk,
    async start(handlers) {
      started = true;
      loop.start(handlers);
      await alarms.listen(onRing);
      await alarms.listenToSchedules((name) =>
        table.enqueue(scheduledJob(name as ScheduledJobName, clock.now())),
      );
      scheduleSweep();
      void loop.look();
    },
    every: (name, cron) => alarms.schedule(name, cron),
    poke(at) {
      const now = clock.now().getTime();
      if (!at || at.getTime() <= now) return void (started && loop.look());
      const slot = Math.ceil(at.getTime() / timerGridMs);
      if (closing || timers.has(slot)) return;
      const timer = setTimeout(
        () => {
          timers.delete(slot);
          onTimer().catch((error: unknown) => {
            log.warn({ err: error }, 'alarms: a process could not be called');
          });
        },
        // A timer may go off a fraction of a millisecond early, when nothing is due yet.
        slot * timerGridMs - now + 1,
      );
      timers.set(slot, timer);
    },
    whenIdle: () => loop.whenIdle(),
    async [Symbol.asyncDispose]() {
      closing = true;
      for (const timer of timers.values()) clearTimeout(timer);
      alarms.mute();
      // Waiting for what runs may take longer than a lease: it is renewed until the end.
      await loop.close();
      closed = true;
      clearTimeout(sweep);
    },
  };
}
