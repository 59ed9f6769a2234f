/** What a paid call was for. */
export type UsageKind = 'reply' | 'vision' | 'transcription';

/** What one vendor call consumed, before it is priced. Missing details are 0, as compatible servers omit them. */
export interface Consumption {
  readonly model: string;
  readonly promptTokens: number;
  /** Part of `promptTokens` served from the provider's cache. */
  readonly cachedTokens: number;
  /** Output tokens, reasoning included. */
  readonly completionTokens: number;
  /** Seconds of audio, for transcription. */
  readonly audioSeconds: number;
}

/** A consumption with its price, as it is stored in the ledger. Money is integer micro-dollars. */
export interface Usage extends Consumption {
  readonly kind: UsageKind;
  readonly costMicros: number;
}

/** USD per million tokens, or per minute of audio. */
export interface ModelPrice {
  readonly inputPerMillion: number;
  readonly cachedInputPerMillion: number;
  readonly outputPerMillion: number;
  readonly perAudioMinute: number;
}

/** Prices a consumption; unknown models cost 0 and the owner is warned at start. Result in micro-dollars, rounded up. */
export function priceConsumption(used: Consumption, price: ModelPrice | undefined): number {
  if (!price) return 0;
  const fresh = Math.max(0, used.promptTokens - used.cachedTokens);
  // USD per million tokens is the same number as micro-dollars per token.
  const tokens =
    fresh * price.inputPerMillion +
    used.cachedTokens * price.cachedInputPerMillion +
    used.completionTokens * price.outputPerMillion;
  const audio = (used.audioSeconds / 60) * price.perAudioMinute * 1_000_000;
  // A model billed by the minute may report tokens too: never charge both.
  return Math.ceil(price.perAudioMinute > 0 ? audio : tokens);
}
