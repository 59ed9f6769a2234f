import type { UploadStore } from '#src/ports/uploads.ts';
import { inChunks } from './in-chunks.ts';
import type { StoreContext } from './unit-of-work.ts';

/** What providers keep of the files that parts carried. */
export function createUploadStore({ trx, clock, newId }: StoreContext): UploadStore {
  return {
    async note(partId, { channel, ref }) {
      const part = await trx
        .selectFrom('outbound_parts')
        .select('id')
        .where('id', '=', partId)
        .executeTakeFirst();
      if (!part) return false;
      const created_at = clock.now().toISOString();
      await trx
        .insertInto('uploads')
        .values({ id: newId(), part_id: partId, channel, ref, created_at })
        .execute();
      return true;
    },

    async olderThan(before, { after, limit }) {
      return trx
        .selectFrom('uploads')
        .select(['id', 'channel', 'ref'])
        .where('created_at', '<', before.toISOString())
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute();
    },

    async deleted(ids) {
      await inChunks(ids, (chunk) => trx.deleteFrom('uploads').where('id', 'in', chunk).execute());
    },
  };
}
