import type { Stores } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { wording } from './wording.ts';

type BudgetDeps = Pick<BotDeps, 'unitOfWork' | 'clock' | 'rules'>;

const warnAtPercent = 80;

/** The polite refusal when a daily budget is used up; undefined while there is some left. Days are UTC. */
export async function findBudgetRefusal(
  { unitOfWork, clock, rules }: BudgetDeps,
  userId: string,
): Promise<string | undefined> {
  const { perUser, total } = rules.budgetMicros;
  if (perUser === undefined && total === undefined) return undefined;
  const today = clock.now().toISOString().slice(0, 10);
  return unitOfWork.run(async (stores) => {
    if (perUser !== undefined && (await stores.usage.ofUser(userId, today)).costMicros >= perUser) {
      return wording.budgetSpent('person');
    }
    if (total !== undefined && (await stores.usage.totalMicros(today)) >= total)
      return wording.budgetSpent('bot');
    return undefined;
  });
}

/**
 * The line that goes below an answer when the person passes 80 % of their day, once a day.
 * @param costMicros what this answer costs on top of the ledger
 */
export async function claimBudgetWarning(
  stores: Stores,
  { clock, rules }: Pick<BotDeps, 'clock' | 'rules'>,
  spent: { userId: string; costMicros: number },
): Promise<string | undefined> {
  const budget = rules.budgetMicros.perUser;
  if (!budget) return undefined;
  const now = clock.now();
  const today = now.toISOString().slice(0, 10);
  const total = (await stores.usage.ofUser(spent.userId, today)).costMicros + spent.costMicros;
  const percent = Math.floor((total / budget) * 100);
  if (percent < warnAtPercent) return undefined;
  const midnight = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
  const first = await stores.notices.claim(spent.userId, 'budget_80', midnight);
  return first ? wording.budgetNearlySpent(Math.min(percent, 100)) : undefined;
}
