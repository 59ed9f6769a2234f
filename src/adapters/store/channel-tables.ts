import type { ChannelName } from '#src/domain/identity.ts';
import type { Witness } from '#src/ports/channel-states.ts';

/* What is known about channels; part of the schema. */

/** A channel that has stopped; the row goes when it works again. */
export interface ChannelStopRow {
  channel: ChannelName;
  /** A keyed hash of the settings with which it has stopped. */
  fingerprint: string;
  code: string;
  words: string;
  witness: Witness;
  rest_ms: number;
  since: string;
  until: string;
}

/** What a channel's owner should see to although it works. */
export interface ChannelAlertRow {
  channel: ChannelName;
  fingerprint: string;
  code: string;
  words: string;
  since: string;
  last_at: string;
}
