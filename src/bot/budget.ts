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
  }, 'committed');
}

/**
 * The line that goes below an answer when 80 % of a daily budget are used: the person's own, else everybody's. Once a day each.
 * @param spent.costMicros what this answer costs on top of the ledger
 */
export async function claimBudgetWarning(
  stores: Stores,
  { clock, rules }: Pick<BotDeps, 'clock' | 'rules'>,
  spent: { userId: string; costMicros: number },
): Promise<string | undefined> {
  const { perUser, total } = rules.budgetMicros;
  const now = clock.now();
  const today = now.toISOString().slice(0, 10);
  const midnight = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
  const percentOf = (micros: number, budget: number) =>
    Math.min(100, Math.floor(((micros + spent.costMicros) / budget) * 100));

  if (perUser) {
    const percent = percentOf((await stores.usage.ofUser(spent.userId, today)).costMicros, perUser);
    if (percent >= warnAtPercent && (await stores.notices.claim(spent.userId, 'budget_80', midnight))) {
      return wording.budgetNearlySpent('person', percent);
    }
  }
  if (total) {
    const percent = percentOf(await stores.usage.totalMicros(today), total);
    if (percent >= warnAtPercent && (await stores.notices.claim(spent.userId, 'total_budget_80', midnight))) {
      return wording.budgetNearlySpent('bot', percent);
    }
  }
  return undefined;
}
