import { fromKysely, PgBoss } from 'pg-boss';
import type { Clock, Log } from '#src/ports/system.ts';

/** A job that waits under `key` wants to run at `runAt`. */
interface Alarm {
  readonly key: string;
  readonly runAt: Date;
}

/** Wakes one process of many when a job is due; exact to about half a second for later times, which timers make up for. */
export interface Alarms extends AsyncDisposable {
  /** Sets alarms within a transaction of the caller, or by themselves. */
  set(trx: Parameters<typeof fromKysely>[0] | undefined, alarms: readonly Alarm[]): Promise<void>;
  /** Calls `onRing` with the keys whose alarms ring here. While it runs, this process takes no further ones. */
  listen(onRing: (keys: string[]) => Promise<void>): Promise<void>;
  /** Calls `onTime` in one of all processes at the times of `cron` (UTC); `name` is the schedule's own. */
  schedule(name: string, cron: string): Promise<void>;
  listenToSchedules(onTime: (name: string) => Promise<void>): Promise<void>;
  /** Takes no more alarms. */
  mute(): void;
}

interface AlarmDeps {
  /** With the password: never logged. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How often schedules are looked at, in seconds. */
  readonly scheduleCheckSeconds?: number;
  /** Shorter only in tests, in milliseconds. */
  readonly queryTimeoutMs?: number;
}

const alarmQueue = 'wake';
const scheduleQueue = 'schedule';
/** Beside the product's own pool: fetching alarms, setting those outside transactions, schedules and upkeep. */
const mostConnections = 4;
const alarmsAtOnce = 50;
/** pg-boss's shortest. NOTIFY tells of alarms that ring at once; the others are found by looking. */
const pollSeconds = 0.5;
/** Trouble is logged this often at most, in milliseconds. */
const troubleLogMs = 10_000;
/** Longer than any of pg-boss's queries, its upkeep included: the connection has fallen silent, and pg-boss opens another. */
const defaultQueryTimeoutMs = 60_000;
/** Closing waits no longer than this for a database that does not answer, in milliseconds. */
const closeMs = 3_000;

/** Opens pg-boss in its own schema of the database; any number of processes may do so at the same moment. */
export async function openAlarms(deps: AlarmDeps): Promise<Alarms> {
  const { url, clock, log, scheduleCheckSeconds, queryTimeoutMs = defaultQueryTimeoutMs } = deps;
  // pg-boss hands these on to the driver, but its types do not list them.
  const driver = { query_timeout: queryTimeoutMs };
  const boss = new PgBoss({
    ...driver,
    connectionString: url,
    schema: 'pgboss',
    application_name: 'whatsapp-media-assistant-alarms',
    max: mostConnections,
    connectionTimeoutMillis: 5_000,
    useListenNotify: true,
    maintenanceIntervalSeconds: 60,
    ...(scheduleCheckSeconds !== undefined && {
      cronMonitorIntervalSeconds: scheduleCheckSeconds,
      cronWorkerIntervalSeconds: scheduleCheckSeconds,
    }),
  });
  // Without a listener, a lost connection ends the process. The error itself may carry the connection with its password.
  // During an outage there are several a second.
  let quietUntil = 0;
  boss.on('error', (error) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + troubleLogMs;
    log.warn(factsOf(error), 'alarms: trouble with the database');
  });
  boss.on('warning', ({ message }) => log.warn({ reason: message }, 'alarms: pg-boss warns'));
  await boss.start();
  try {
    // One waiting alarm a key is enough. An alarm that nobody could take is not missed: every process looks by itself now and then.
    const shortLived = { retryLimit: 1, expireInSeconds: 300, deleteAfterSeconds: 60, notify: true } as const;
    await boss.createQueue(alarmQueue, { policy: 'short', ...shortLived });
    await boss.createQueue(scheduleQueue, { retryLimit: 5, retryDelay: 5, notify: true });
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }

  return {
    async set(trx, alarms) {
      if (alarms.length === 0) return;
      const now = clock.now().getTime();
      const jobs = alarms.map(({ key, runAt }) => {
        // Relative, so that neither a clock that differs from the database's nor a test's clock matters.
        const delayMs = Math.max(0, runAt.getTime() - now);
        return { data: { key }, singletonKey: singletonKey(key, delayMs), startAfter: delayMs / 1000 };
      });
      // Always in the same order: two processes that set the same alarms must not wait for each other.
      jobs.sort((one, other) => (one.singletonKey < other.singletonKey ? -1 : 1));
      await boss.insert(alarmQueue, jobs, trx ? { db: fromKysely(trx) } : {});
    },

    async listen(onRing) {
      const pace = {
        batchSize: alarmsAtOnce,
        burstWhenBatchFull: true,
        pollingIntervalSeconds: pollSeconds,
        notifyPollingIntervalSeconds: pollSeconds,
      };
      await boss.work<{ key: string }>(alarmQueue, pace, (jobs) => onRing(jobs.map((job) => job.data.key)));
    },

    async schedule(name, cron) {
      await boss.schedule(scheduleQueue, cron, { name }, { tz: 'UTC', key: name, missed: 'once' });
    },

    async listenToSchedules(onTime) {
      await boss.work<{ name: string }>(scheduleQueue, async (jobs) => {
        for (const job of jobs) await onTime(job.data.name);
      });
    },

    mute() {
      for (const queue of [alarmQueue, scheduleQueue]) {
        boss.offWork(queue, { wait: false }).catch(() => {});
      }
    },

    async [Symbol.asyncDispose]() {
      const stopped = boss.stop({ graceful: false }).catch((error: unknown) => {
        log.warn(factsOf(error), 'alarms: not closed cleanly');
      });
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, closeMs);
      await Promise.race([stopped, late.promise]);
      clearTimeout(timer);
    },
  };
}

/**
 * Alarms of a key that wait about equally long are one, so that a burst of messages sets few. One that is wanted much sooner
 * (the owner's retry of a job that waits for a minute) gets through: a waiting alarm can delay it to twice its time at most.
 */
function singletonKey(key: string, delayMs: number): string {
  return delayMs < 1 ? key : `${key} ${Math.ceil(Math.log2(delayMs))}`;
}

function factsOf(error: unknown): { reason: string; code: unknown } {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return { reason: String(message), code };
}
