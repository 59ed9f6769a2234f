import { type Consumption, priceConsumption, type Usage, type UsageKind } from '#src/domain/usage.ts';
import type { BotRules } from './deps.ts';

/** Puts the owner's price on a consumption. */
export function toUsage(kind: UsageKind, used: Consumption, rules: Pick<BotRules, 'priceOf'>): Usage {
  return { ...used, kind, costMicros: priceConsumption(used, rules.priceOf(used.model)) };
}
