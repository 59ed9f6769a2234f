import { describe, expect, it } from 'vitest';
import { findModel } from '#config/models.ts';
import { type Consumption, priceConsumption } from '#src/domain/usage.ts';

const used = (counts: Partial<Consumption>): Consumption => ({
  model: 'any',
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  audioSeconds: 0,
  ...counts,
});

describe('pricing', () => {
  it('charges fresh input, cached input and output at their own prices', () => {
    // 1,000 · 0.10 + 2,000 · 0.01 + 300 · 0.50 USD per million = 0.00027 USD.
    const turn = used({ promptTokens: 3_000, cachedTokens: 2_000, completionTokens: 300 });
    expect(priceConsumption(turn, findModel('gpt-6-luna')?.price)).toBe(270);
  });

  it('charges recordings by the minute and not also by the token', () => {
    const note = used({ audioSeconds: 60, promptTokens: 600, completionTokens: 90 });
    expect(priceConsumption(note, findModel('gpt-transcribe')?.price)).toBe(4_500);
    expect(priceConsumption(used({ audioSeconds: 1 }), findModel('whisper-1')?.price)).toBe(100);
  });

  it('rounds up to whole micro-dollars, so that nothing used is free', () => {
    expect(priceConsumption(used({ promptTokens: 1 }), findModel('gpt-6-luna')?.price)).toBe(1);
    expect(priceConsumption(used({}), findModel('gpt-6-luna')?.price)).toBe(0);
  });

  it('never pays back when a server reports more cached tokens than there were', () => {
    const odd = used({ promptTokens: 10, cachedTokens: 20 });
    expect(priceConsumption(odd, findModel('gpt-4.1')?.price)).toBeGreaterThan(0);
  });

  it('counts a model without a price as 0', () => {
    expect(priceConsumption(used({ promptTokens: 1_000_000 }), findModel('llama3.3')?.price)).toBe(0);
  });
});
