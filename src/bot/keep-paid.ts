import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';

/** How soon storing is tried again while the database is in trouble, in milliseconds. */
const againMs = 500;

/**
 * Stores what a vendor was paid for. While the database is in trouble it is held on to and tried again: to throw it away would
 * mean to pay for it twice.
 * @throws StorageUnavailable once the run is cut short, and every other failure at once
 */
export async function keepPaid<T>(
  { unitOfWork, pause }: Pick<BotDeps, 'unitOfWork' | 'pause'>,
  signal: AbortSignal,
  store: (stores: Stores) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await unitOfWork.run(store);
    } catch (error) {
      if (!(error instanceof StorageUnavailable) || signal.aborted) throw error;
    }
    await pause(againMs, signal);
  }
}
