import { StorageUnavailable } from '#src/domain/errors.ts';
import type { UnitOfWork } from '#src/ports/stores.ts';
import type { Instruments } from './instruments.ts';

/**
 * The same unit of work with its transactions timed. Webhooks wait for this, a group at a time: two observations without labels, some
 * 0.4 µs together, where one label would double it.
 */
export function measureUnitOfWork(
  unitOfWork: UnitOfWork,
  instruments: Pick<Instruments, 'transactionSeconds' | 'databaseWait' | 'databaseErrors'>,
): UnitOfWork {
  const { transactionSeconds, databaseWait, databaseErrors } = instruments;
  return {
    async run(work, until) {
      const askedAt = performance.now();
      let hasBegun = false;
      try {
        return await unitOfWork.run((stores) => {
          // A transaction that another process got in the way of is run again: that is no waiting for a connection.
          if (!hasBegun) databaseWait.observe((performance.now() - askedAt) / 1000);
          hasBegun = true;
          return work(stores);
        }, until);
      } catch (error) {
        if (error instanceof StorageUnavailable) databaseErrors.inc();
        throw error;
      } finally {
        transactionSeconds.observe((performance.now() - askedAt) / 1000);
      }
    },
  };
}
