import type { InboundMessage } from '#src/domain/message.ts';

/** A message that is safely on disk, but not yet among the others. */
export interface Arrival extends InboundMessage {
  /** Its id for good, given when it arrived: ids sort as messages came. */
  readonly id: string;
  readonly receivedAt: Date;
}

/** The messages that have waited longest, in the order they came. */
export interface ArrivalBatch {
  readonly arrivals: readonly Arrival[];
  /** What to forget once they are stored. */
  readonly upTo: number;
}

/** How much is still to be sorted. */
export interface ArrivalBacklog {
  readonly count: number;
  /** Age of the oldest one, in milliseconds; 0 when there is none. */
  readonly oldestAgeMs: number;
  /** Messages that could not be stored and need a person to look at them; they hold up nobody. */
  readonly setAside: number;
  /** Place of the newest one, comparable with `ArrivalBatch.upTo`; 0 when there is none. */
  readonly newest: number;
}

/**
 * Where messages wait between their acknowledgement and the database: written to its end and read from its beginning. Every method
 * rejects with StorageUnavailable when the log cannot be read or written at the moment.
 */
export interface ArrivalLog extends AsyncDisposable {
  /** Resolves once the messages survive power loss: all of them, or none when it rejects. */
  append(messages: readonly InboundMessage[]): Promise<void>;
  /** At least one and about `limit` of the oldest ones; undefined when nothing waits. What cannot be understood is set aside. */
  oldest(limit: number): Promise<ArrivalBatch | undefined>;
  /** Removes what is stored elsewhere by now. A crash may undo this. */
  forget(upTo: number): Promise<void>;
  /** Keeps a message that cannot be stored, with the reason; it is no longer among the oldest once its batch is forgotten. */
  setAside(arrival: Arrival, reason: string): Promise<void>;
  backlog(): Promise<ArrivalBacklog>;
  /** False when somebody took the file away: what is appended now would be lost. */
  isInPlace(): boolean;
}
