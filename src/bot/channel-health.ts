import type { ChannelName } from '#src/domain/identity.ts';
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

/** Who said so: the answer to a call of ours, or a delivery report about something the provider had taken. */
export type Witness = 'call' | 'report';

/**
 * Which channels have stopped because of something only the owner can mend: an expired token, an unpaid bill, a locked account.
 * Sending rests then, for longer and longer, and one message tries whether it works again. Kept in the memory of each process:
 * another one finds out with its own first message.
 */
export interface ChannelHealth {
  /** Until when a channel rests; undefined when something may be sent. After each rest that is one message, to see whether it works. */
  restsUntil(channel: ChannelName): Date | undefined;
  /** Whether it has stopped, without trying it. */
  isStopped(channel: ChannelName): boolean;
  /** @param problem.words in plain words, a clause */
  stopped(channel: ChannelName, problem: { code: string; words: string }, witness: Witness): void;
  /** What was refused in a report is only disproved by a report: the provider takes messages it will not deliver. */
  works(channel: ChannelName, witness: Witness): void;
  /** Something is missing that only the owner can add: told once. @param problem.words in plain words, a clause */
  alert(channel: ChannelName, problem: { code: string; words: string }): void;
  states(): ChannelState[];
}

interface Stop {
  readonly since: Date;
  readonly code: string;
  readonly words: string;
  readonly witness: Witness;
  /** The present rest, in milliseconds. */
  readonly restMs: number;
  readonly until: number;
  /** False while a message tries whether it works. */
  readonly isResting: boolean;
}

/** The first rest; each further one is twice as long, up to the longest, which the queue must still believe. Milliseconds. */
const firstRestMs = 30_000;
const longestRestMs = 8 * 60_000;
/** So long the others wait for the outcome of the message that tries it, in milliseconds. */
const trialMs = 20_000;

/** All channels work until one is told otherwise. */
export function createChannelHealth(deps: {
  readonly channels: readonly ChannelName[];
  readonly clock: Clock;
  readonly log: Log;
}): ChannelHealth {
  const { channels, clock, log } = deps;
  const stops = new Map<ChannelName, Stop>();
  const alerts = new Map<ChannelName, NonNullable<ChannelState['alerts']>>();

  return {
    restsUntil(channel) {
      const stop = stops.get(channel);
      if (!stop) return undefined;
      const now = clock.now().getTime();
      if (now < stop.until) return new Date(stop.until);
      stops.set(channel, { ...stop, until: now + trialMs, isResting: false });
      return undefined;
    },

    isStopped: (channel) => stops.has(channel),

    stopped(channel, { code, words }, witness) {
      const now = clock.now();
      const before = stops.get(channel);
      // What was under way when it stopped says the same again.
      if (before?.isResting && now.getTime() < before.until) return;
      const restMs = before ? Math.min(longestRestMs, before.restMs * 2) : firstRestMs;
      const until = now.getTime() + restMs;
      const since = before?.since ?? now;
      stops.set(channel, { since, code, words, witness, restMs, until, isResting: true });
      if (before?.code === code) return;
      log.error(
        { channel, code, words },
        'a channel has stopped; what is to be sent waits until it works again',
      );
    },

    works(channel, witness) {
      const stop = stops.get(channel);
      if (!stop || (stop.witness === 'report' && witness === 'call')) return;
      stops.delete(channel);
      log.info({ channel, stoppedSince: stop.since.toISOString() }, 'a channel works again');
    },

    alert(channel, { code, words }) {
      const known = alerts.get(channel) ?? [];
      if (known.some((one) => one.code === code)) return;
      alerts.set(channel, [...known, { code, words, since: clock.now() }]);
      log.warn({ channel, code, words }, 'a channel lacks something');
    },

    states: () =>
      channels.map((name) => {
        const stop = stops.get(name);
        const more = alerts.has(name) ? { alerts: alerts.get(name) ?? [] } : {};
        if (!stop) return { name, state: 'working', ...more };
        const { since, code, words, until } = stop;
        return {
          name,
          state: 'stopped',
          stop: { since, code, words, triedAgainAt: new Date(until) },
          ...more,
        };
      }),
  };
}
