import { type Consumption, type ModelPrice, priceConsumption } from '#src/domain/usage.ts';
import type { Ai } from '#src/ports/ai.ts';
import type { Instruments } from './instruments.ts';
import { timed } from './outcome.ts';

/** The same model with every call timed, and its tokens and money counted when they are spent. */
export function measureAi(
  ai: Ai,
  deps: {
    readonly instruments: Instruments;
    /** Whom to name: `openai`, `offline`. */
    readonly vendor: string;
    readonly priceOf: (model: string) => ModelPrice | undefined;
  },
): Ai {
  const { vendorSeconds, tokens, audioSeconds, cost } = deps.instruments;

  async function call<T extends { readonly used: Consumption }>(
    operation: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const result = await timed(work, (outcome, seconds) =>
      vendorSeconds.observe({ vendor: deps.vendor, operation, outcome }, seconds),
    );
    spend(result.used);
    return result;
  }

  function spend(used: Consumption): void {
    const { model } = used;
    tokens.inc({ model, kind: 'prompt' }, used.promptTokens);
    tokens.inc({ model, kind: 'cached' }, used.cachedTokens);
    tokens.inc({ model, kind: 'completion' }, used.completionTokens);
    if (used.audioSeconds > 0) audioSeconds.inc({ model }, used.audioSeconds);
    cost.inc({ model }, priceConsumption(used, deps.priceOf(model)) / 1_000_000);
  }

  return {
    ...ai,
    reply: (request) => call('reply', () => ai.reply(request)),
    look: (request) => call('look', () => ai.look(request)),
    transcribe: (request) => call('transcribe', () => ai.transcribe(request)),
  };
}
