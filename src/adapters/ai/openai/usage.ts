import { z } from 'zod';
import type { Consumption } from '#src/domain/usage.ts';

/** A token or second count from a server that may leave it out, send null or send nonsense: then 0. */
export const count = z.number().finite().nonnegative().catch(0);

/** Builds a consumption that adds up: no more cached tokens than there were tokens. */
export function consumption(model: string, counts: Partial<Omit<Consumption, 'model'>>): Consumption {
  const promptTokens = Math.round(counts.promptTokens ?? 0);
  return {
    model,
    promptTokens,
    cachedTokens: Math.min(promptTokens, Math.round(counts.cachedTokens ?? 0)),
    completionTokens: Math.round(counts.completionTokens ?? 0),
    audioSeconds: counts.audioSeconds ?? 0,
  };
}

/** What two calls for the same answer consumed together. */
export function addConsumption(first: Consumption, second: Consumption): Consumption {
  return consumption(second.model, {
    promptTokens: first.promptTokens + second.promptTokens,
    cachedTokens: first.cachedTokens + second.cachedTokens,
    completionTokens: first.completionTokens + second.completionTokens,
    audioSeconds: first.audioSeconds + second.audioSeconds,
  });
}
