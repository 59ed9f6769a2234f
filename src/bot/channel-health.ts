import type { ChannelName } from '#src/domain/identity.ts';
import type { ChannelAlert, ChannelStop, KnownChannel, Witness } from '#src/ports/channel-states.ts';
import type { Clock, Log } from '#src/ports/system.ts';

/** How a channel stands, for the owner. */
export interface ChannelState {
  readonly name: ChannelName;
  readonly state: 'working' | 'stopped';
  /** Of one that has stopped: since when, why, and when it is tried again. */
  readonly stop?: {
    readonly since: Date;
    readonly code: string;
    readonly words: string;
    readonly triedAgainAt: Date;
  };
  /** What the owner should see to although it works. */
  readonly alerts?: readonly { readonly code: string; readonly words: string; readonly since: Date }[];
}

/**
 * Which channels have stopped because of something only the owner can mend: an expired token, an unpaid bill, a locked account.
 * Sending rests then, for longer and longer, and one message tries whether it works again. Asked before every part that is sent, it
 * answers from memory; what processes know of each other's channels comes and goes beside it (`openSharedHealth`).
 */
export interface ChannelHealth {
  /** Until when a channel rests; undefined when something may be sent. After each rest that is one message, to see whether it works. */
  restsUntil(channel: ChannelName): Date | undefined;
  /** Whether it has stopped, without trying it. */
  isStopped(channel: ChannelName): boolean;
  /** @param problem.words in plain words, a clause */
  stopped(channel: ChannelName, problem: { code: string; words: string }, witness: Witness): void;
  /**
   * What was refused in a report is only disproved by a report: the provider takes messages it will not deliver. What was refused in
   * a call only by a call: people go on reading what went out before.
   */
  works(channel: ChannelName, witness: Witness): void;
  /** Something is missing that only the owner can add: told once, over a day after it was noticed last. @param problem.words a clause */
  alert(channel: ChannelName, problem: { code: string; words: string }): void;
  /** What is known under these codes is over, whether it stopped the channel or not: the provider says so. */
  over(channel: ChannelName, codes: readonly string[]): void;
  states(): ChannelState[];
}

/** A channel health that tells what it finds out, and can be told what others did. */
export interface TaughtHealth extends ChannelHealth {
  /** Puts what is stored of a channel's stop in the place of what was known here; undefined: it works. */
  learnStop(channel: ChannelName, stop: ChannelStop | undefined): void;
  /** Adds what is stored of a channel's alerts, and forgets those that others have found to be over. */
  learnAlerts(
    channel: ChannelName,
    alerts: KnownChannel['alerts'],
    over: readonly ChannelAlert['code'][],
  ): void;
}

/** Hears what this process finds out. It must not throw, and nothing waits for it. */
export interface ChannelListener {
  /** @param stop undefined: it works again */
  stop(channel: ChannelName, stop: ChannelStop | undefined): void;
  alert(channel: ChannelName, alert: ChannelAlert): void;
  alertOver(channel: ChannelName, code: ChannelAlert['code']): void;
}

interface Stop extends ChannelStop {
  /** False while a message tries whether it works. */
  readonly isResting: boolean;
}

/** The first rest; each further one is twice as long, up to the longest, which the queue must still believe. Milliseconds. */
const firstRestMs = 30_000;
const longestRestMs = 8 * 60_000;
/** So long the others wait for the outcome of the message that tries it, in milliseconds. */
const trialMs = 20_000;
/** What was not noticed for so long may have been seen to: nothing else says so. Milliseconds. */
export const alertLastsMs = 24 * 60 * 60_000;
/** How exact the time is at which an alert was noticed last, in milliseconds: it is not news with every message. */
const alertNewsMs = 60 * 60_000;

/** All channels work until one is told otherwise. */
export function createChannelHealth(deps: {
  readonly channels: readonly ChannelName[];
  readonly clock: Clock;
  readonly log: Log;
  readonly listener?: ChannelListener;
}): TaughtHealth {
  const { channels, clock, log, listener } = deps;
  const stops = new Map<ChannelName, Stop>();
  const alerts = new Map<ChannelName, Map<string, ChannelAlert>>(channels.map((name) => [name, new Map()]));

  function currentAlerts(channel: ChannelName): ChannelAlert[] {
    const since = clock.now().getTime() - alertLastsMs;
    return [...(alerts.get(channel)?.values() ?? [])].filter(({ lastAt }) => lastAt.getTime() >= since);
  }

  function end(channel: ChannelName): void {
    const stoppedSince = stops.get(channel)?.since.toISOString();
    stops.delete(channel);
    listener?.stop(channel, undefined);
    log.info({ channel, stoppedSince }, 'a channel works again');
  }

  return {
    restsUntil(channel) {
      const stop = stops.get(channel);
      if (!stop) return undefined;
      const now = clock.now().getTime();
      if (now < stop.until.getTime()) return stop.until;
      stops.set(channel, { ...stop, until: new Date(now + trialMs), isResting: false });
      return undefined;
    },

    isStopped: (channel) => stops.has(channel),

    stopped(channel, { code, words }, witness) {
      const now = clock.now();
      const before = stops.get(channel);
      // What was under way when it stopped says the same again.
      if (before?.isResting && now < before.until) return;
      const restMs = before ? Math.min(longestRestMs, before.restMs * 2) : firstRestMs;
      const until = new Date(now.getTime() + restMs);
      const stop = { since: before?.since ?? now, code, words, witness, restMs, until };
      stops.set(channel, { ...stop, isResting: true });
      listener?.stop(channel, stop);
      if (before?.code === code) return;
      log.error(
        { channel, code, words },
        'a channel has stopped; what is to be sent waits until it works again',
      );
    },

    works(channel, witness) {
      if (stops.get(channel)?.witness === witness) end(channel);
    },

    alert(channel, { code, words }) {
      const now = clock.now();
      const known = currentAlerts(channel).find((one) => one.code === code);
      if (known && now.getTime() - known.lastAt.getTime() < alertNewsMs) return;
      const alert = { code, words, since: known?.since ?? now, lastAt: now };
      alerts.get(channel)?.set(code, alert);
      listener?.alert(channel, alert);
      if (!known) log.warn({ channel, code, words }, 'a channel lacks something');
    },

    over(channel, codes) {
      const isStop = codes.includes(stops.get(channel)?.code ?? '');
      if (isStop) end(channel);
      for (const code of codes) {
        if (!alerts.get(channel)?.delete(code)) continue;
        listener?.alertOver(channel, code);
        log.info({ channel, code }, 'what a channel lacked is there again');
      }
    },

    learnStop(channel, stop) {
      const before = stops.get(channel);
      if (stop) stops.set(channel, { ...stop, isResting: true });
      else stops.delete(channel);
      if (stop && !before)
        log.warn(
          { channel, code: stop.code, words: stop.words, stoppedSince: stop.since.toISOString() },
          'a channel is known to have stopped; what is to be sent waits until it works again',
        );
      if (!stop && before) log.info({ channel }, 'another process has found that a channel works again');
    },

    learnAlerts(channel, stored, over) {
      const known = alerts.get(channel);
      for (const code of over) known?.delete(code);
      for (const alert of stored) {
        const own = known?.get(alert.code);
        if (!own || own.lastAt < alert.lastAt) known?.set(alert.code, alert);
      }
    },

    states: () =>
      channels.map((name) => {
        const stop = stops.get(name);
        const open = currentAlerts(name).map(({ code, words, since }) => ({ code, words, since }));
        const more = open.length > 0 ? { alerts: open } : {};
        if (!stop) return { name, state: 'working', ...more };
        const { since, code, words, until } = stop;
        return { name, state: 'stopped', stop: { since, code, words, triedAgainAt: until }, ...more };
      }),
  };
}
