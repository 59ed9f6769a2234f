import type { Updateable } from 'kysely';
import type { Reading } from '#src/domain/reading.ts';
import type { AttachmentStore } from '#src/ports/stores.ts';
import { documentColumns } from './document-columns.ts';
import { isOnDisk } from './partial-indexes.ts';
import type { AttachmentRow } from './schema.ts';
import type { StoreContext } from './unit-of-work.ts';
import { addUsage } from './usage-store.ts';

/** Files of messages, and what was found in them. */
export function createAttachmentStore(context: StoreContext): AttachmentStore {
  const { trx, clock } = context;
  const update = (id: string, values: Updateable<AttachmentRow>) =>
    trx
      .updateTable('attachments')
      .set({ ...values, updated_at: clock.now().toISOString() })
      .where('id', '=', id)
      .execute();

  return {
    async fetched(id, { path, bytes, sniffed, mislabelled }) {
      await update(id, {
        state: 'fetched',
        path,
        bytes,
        sniffed_type: sniffed.mimeType,
        sniffed_kind: sniffed.kind,
        sniffed_extension: sniffed.extension,
        mislabelled: mislabelled ? 1 : 0,
      });
    },

    async read(id, { reading, usage, userId, turnId, ms }) {
      await update(id, {
        state: reading.kind === 'failed' ? 'failed' : 'read',
        read_ms: ms,
        ...columnsOf(reading),
      });
      await trx.deleteFrom('attachment_pages').where('attachment_id', '=', id).execute();
      for (const entry of usage) await addUsage(context, entry, { userId, turnId, attachmentId: id });
    },

    async keepPage(id, { page, text, usage, userId, turnId }) {
      await trx
        .insertInto('attachment_pages')
        .values({ attachment_id: id, page, text })
        .onConflict((conflict) => conflict.columns(['attachment_id', 'page']).doNothing())
        .execute();
      await addUsage(context, usage, { userId, turnId, attachmentId: id });
    },

    async keptPages(id) {
      return trx
        .selectFrom('attachment_pages')
        .select(['page', 'text'])
        .where('attachment_id', '=', id)
        .orderBy('page')
        .execute();
    },

    async olderThan(date, limit) {
      const rows = await trx
        .selectFrom('attachments')
        .select(['id', 'path'])
        .where('created_at', '<', date.toISOString())
        .where(isOnDisk)
        .limit(limit)
        .execute();
      return rows.flatMap(({ id, path }) => (path ? { id, path } : []));
    },

    async forgetFile(id) {
      await update(id, { path: null });
    },
  };
}

/** The searchable columns beside the stored reading. */
function columnsOf(reading: Reading) {
  const columns = {
    reading: JSON.stringify(reading),
    extracted_text: null as string | null,
    transcript: null as string | null,
    language: null as string | null,
    problem: null as string | null,
  };
  switch (reading.kind) {
    case 'document':
      return { ...columns, ...documentColumns(reading) };
    case 'image':
      return { ...columns, extracted_text: reading.description || null };
    case 'audio':
      return { ...columns, transcript: reading.transcript, language: reading.language ?? null };
    case 'failed':
      return { ...columns, problem: reading.problem };
  }
}
