import type { ChannelName } from '#src/domain/identity.ts';

/** Who said so: the answer to a call of ours, or a delivery report about something the provider had taken. */
export type Witness = 'call' | 'report';

/** That nothing goes out on a channel until its owner has mended something. */
export interface ChannelStop {
  readonly since: Date;
  readonly code: string;
  /** In plain words, a clause. */
  readonly words: string;
  readonly witness: Witness;
  /** The present rest, in milliseconds. */
  readonly restMs: number;
  /** When it ends. */
  readonly until: Date;
}

/** What the owner should see to although a channel works. */
export interface ChannelAlert {
  readonly code: string;
  /** In plain words, a clause. */
  readonly words: string;
  readonly since: Date;
  /** When it was noticed last. */
  readonly lastAt: Date;
}

/** What a process has found out about channels and the others do not know yet. */
export interface ChannelNews {
  /** Undefined: it works again. */
  readonly stops: ReadonlyMap<ChannelName, ChannelStop | undefined>;
  readonly alerts: readonly { readonly channel: ChannelName; readonly alert: ChannelAlert }[];
  /** Alerts that are over. */
  readonly alertsOver: readonly { readonly channel: ChannelName; readonly code: string }[];
  /** What was not noticed since then is over. */
  readonly alertsSince: Date;
}

/** What is known about a channel everywhere. */
export interface KnownChannel {
  readonly stop?: ChannelStop | undefined;
  readonly alerts: readonly ChannelAlert[];
}

/**
 * How channels stand, for all processes and across restarts. What was found out with other settings of a channel is not told: a new
 * token has to be tried.
 */
export interface ChannelStates {
  /** Stores the news of this process, and tells what is known then. A channel of which nothing is known is missing. */
  exchange(news: ChannelNews): Promise<ReadonlyMap<ChannelName, KnownChannel>>;
}
