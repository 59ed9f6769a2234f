import type { MessagePrice } from '#config/message-prices.ts';
import type { Prompts } from '#config/prompts.ts';
import type { ChannelName, Identity } from '#src/domain/identity.ts';
import type { TemplateUse } from '#src/domain/outbound.ts';
import type { ModelPrice } from '#src/domain/usage.ts';
import type { Ai } from '#src/ports/ai.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { FileReaders } from '#src/ports/documents.ts';
import type { Live } from '#src/ports/live.ts';
import type { MediaStore } from '#src/ports/media.ts';
import type { Metrics } from '#src/ports/metrics.ts';
import type { Passages } from '#src/ports/passages.ts';
import type { PersonExports } from '#src/ports/privacy.ts';
import type { RateLimiter } from '#src/ports/rate-limiter.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import type { ChannelHealth } from './channel-health.ts';

/** The owner's rules, out of the settings. */
export interface BotRules {
  readonly appName: string;
  /** Whether a person met for the first time may use the bot. */
  readonly isWelcome: (sender: readonly Identity[]) => boolean;
  /** The quiet moment that joins a burst into one turn, in milliseconds. */
  readonly replyDelayMs: number;
  /** Earlier messages the model is shown at least; up to twice as many. */
  readonly historyMessages: number;
  readonly maxMediaBytes: number;
  readonly maxPdfPages: number;
  /** Days that files people send are kept. */
  readonly mediaRetentionDays: number;
  /** Our own address on each channel that is configured, in its form. */
  readonly ownAddresses: ReadonlyMap<ChannelName, string>;
  /** The template that asks a person to write, by channel; none where none is set. */
  readonly nudges: ReadonlyMap<ChannelName, TemplateUse>;
  /** What the owner pays WhatsApp, as far as they have said. */
  readonly messagePrices: readonly MessagePrice[];
  /** Host of the model that reads along; undefined when none is connected. */
  readonly modelHost: string | undefined;
  readonly budgetMicros: { readonly perUser: number | undefined; readonly total: number | undefined };
  /** Price of a model; undefined for models the price table does not know. */
  readonly priceOf: (model: string) => ModelPrice | undefined;
}

/** Everything the story can need; each step asks for its part with `Pick`. */
export interface BotDeps {
  readonly unitOfWork: UnitOfWork;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly channelHealth: ChannelHealth;
  readonly ai: Ai;
  readonly readers: FileReaders;
  readonly media: MediaStore;
  readonly exports: PersonExports;
  readonly passages: Passages;
  readonly limiter: RateLimiter;
  readonly live: Live;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: BotRules;
  readonly prompts: Prompts;
  /** Since when this process runs: what was reported before, somebody else may have to report again. */
  readonly startedAt: Date;
  /** Waits, unless the signal ends it earlier. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}
