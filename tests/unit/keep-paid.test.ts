import { expect, it } from 'vitest';
import { keepPaid } from '#src/bot/keep-paid.ts';
import { StorageUnavailable } from '#src/domain/errors.ts';
import type { Stores, UnitOfWork } from '#src/ports/stores.ts';

/** A database that is in trouble for the first `times` transactions. */
function troubled(times: number): UnitOfWork {
  let left = times;
  return {
    run: <T>(store: (stores: Stores) => Promise<T>) =>
      left-- > 0 ? Promise.reject(new StorageUnavailable('the disk is full')) : store({} as Stores),
  };
}
const pause = async (_ms: number, signal: AbortSignal) => signal.throwIfAborted();
const running = new AbortController().signal;

it('holds on to what was paid for until it can be stored', async () => {
  expect(await keepPaid({ unitOfWork: troubled(3), pause }, running, async () => 'stored')).toBe('stored');
});

it('lets go when the run is cut short', async () => {
  const deps = { unitOfWork: troubled(3), pause };
  await expect(keepPaid(deps, AbortSignal.abort(), async () => 'stored')).rejects.toBeInstanceOf(
    StorageUnavailable,
  );
});

it('does not repeat what fails for another reason', async () => {
  let runs = 0;
  const fault = keepPaid({ unitOfWork: troubled(0), pause }, running, async () => {
    runs += 1;
    throw new Error('a fault');
  });
  await expect(fault).rejects.toThrow('a fault');
  expect(runs).toBe(1);
});
