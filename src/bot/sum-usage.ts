import type { BotDeps } from './deps.ts';

/** Some 5 ms of work on SQLite, which answers nobody meanwhile. */
const entriesAtOnce = 500;
/** Between two pieces of work others come first, in milliseconds. */
const restMs = 15;

/**
 * Adds what was consumed to the sums of its days. What it has not added yet, reports count entry by entry: it may run at any time,
 * be cut short and run again, and an entry that comes late for its day is added like any other.
 */
export async function sumUsage(
  { unitOfWork, log, pause }: Pick<BotDeps, 'unitOfWork' | 'log' | 'pause'>,
  signal: AbortSignal,
): Promise<number> {
  let summed = 0;
  while (!signal.aborted) {
    const added = await unitOfWork.run((stores) => stores.usage.sumEntries(entriesAtOnce));
    summed += added;
    if (added < entriesAtOnce) break;
    await pause(restMs, signal);
  }
  if (summed > 0) log.info({ entries: summed }, 'usage added up');
  return summed;
}
