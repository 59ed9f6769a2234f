/** Time, so that tests can hold it still. */
export interface Clock {
  now(): Date;
}

/** Makes ids that sort by creation time (UUIDv7 text). */
export type NewId = () => string;

/** The small part of a logger that the story needs; pino fits. Objects first, as pino wants them. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(facts: object): Log;
}
