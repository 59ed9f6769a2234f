import type { CorrectionStore } from '#src/ports/corrections.ts';
import { applyKept } from './apply-corrections.ts';
import { takeKnown } from './early-corrections.ts';
import type { StoreContext } from './unit-of-work.ts';

/** Edits and revocations that came before what they are about. */
export function createCorrectionStore(context: StoreContext): CorrectionStore {
  return {
    async applyKnown(limit) {
      const corrections = await takeKnown(context, limit);
      await applyKept(context, corrections);
      return { taken: corrections.length, userIds: [...new Set(corrections.map(({ userId }) => userId))] };
    },

    async forgetEarly(before) {
      await context.trx
        .deleteFrom('early_corrections')
        .where('created_at', '<', before.toISOString())
        .execute();
    },
  };
}
