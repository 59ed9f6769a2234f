import type { VendorFile } from './lean-vendors.ts';

/** How the outside world is to be; the first message its process receives. */
export interface WorldOrder {
  readonly files: readonly VendorFile[];
}

/** People who write to the product and wait for its answers. */
export interface CrowdOrder {
  readonly origin: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** Messages altogether. */
  readonly turns: number;
  /** People who write at the same time; each waits for an answer before the next message. */
  readonly atOnce: number;
  /** Digits of the first person's phone; the others follow. */
  readonly firstPhone: number;
  /** `same`: as many people as write at once, each again and again. `fresh`: a person for every message. */
  readonly people: 'same' | 'fresh';
  /** A random pause of up to this long before each message, in milliseconds. */
  readonly pauseMs: number;
  /** How long the model and the sending of a message take meanwhile, in milliseconds. */
  readonly delayMs: number;
  /** What message `n` carries: a file's ref at `n` modulo the list's length; '' is a text. */
  readonly refs: readonly string[];
}

/** What became of one crowd. */
export interface CrowdResult {
  readonly seconds: number;
  /** From sending a message to the arrival of its answer at Twilio, without the model's time; in milliseconds, in no order. */
  readonly addedMs: readonly number[];
  /** When the first webhook was acknowledged, in milliseconds since 1970. */
  readonly firstAcceptedAt: number;
  /** Webhooks that were answered with anything but 200. */
  readonly failed: number;
  /** Answers that never came. */
  readonly unanswered: number;
}
