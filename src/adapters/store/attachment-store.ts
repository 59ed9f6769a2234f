import { sql } from 'kysely';
import type { Reading } from '#src/domain/reading.ts';
import type { AttachmentStore } from '#src/ports/stores.ts';
import { revoked } from './apply-corrections.ts';
import { documentColumns } from './document-columns.ts';
import { isOnDisk } from './partial-indexes.ts';
import type { AttachmentRow } from './schema.ts';
import { type Given, statement } from './statement.ts';
import type { StoreContext } from './unit-of-work.ts';
import { addUsage } from './usage-store.ts';

type Fetched = 'path' | 'bytes' | 'sniffed_type' | 'sniffed_kind' | 'sniffed_extension' | 'mislabelled';
type Read = 'reading' | 'extracted_text' | 'transcript' | 'language' | 'problem' | 'read_ms' | 'state';
type Change<Columns extends keyof AttachmentRow> = Given<Pick<AttachmentRow, 'id' | 'updated_at' | Columns>>;

const storeFetched = statement((db, given: Change<Fetched>) =>
  db
    .updateTable('attachments')
    .set({
      state: 'fetched',
      path: given.path,
      bytes: given.bytes,
      sniffed_type: given.sniffed_type,
      sniffed_kind: given.sniffed_kind,
      sniffed_extension: given.sniffed_extension,
      mislabelled: given.mislabelled,
      updated_at: given.updated_at,
    })
    .where('id', '=', given.id),
);

const storeReading = statement((db, given: Change<Read>) =>
  db
    .updateTable('attachments')
    .set({
      state: given.state,
      reading: given.reading,
      extracted_text: given.extracted_text,
      transcript: given.transcript,
      language: given.language,
      problem: given.problem,
      read_ms: given.read_ms,
      updated_at: given.updated_at,
    })
    .where('id', '=', given.id)
    // Somebody may have been reading it when its message was revoked.
    .where(sql<boolean>`coalesce(problem, '') <> ${sql.lit(revoked)}`),
);

const forgetPages = statement((db, given: Given<{ id: string }>) =>
  db.deleteFrom('attachment_pages').where('attachment_id', '=', given.id),
);

/** Files of messages, and what was found in them. */
export function createAttachmentStore(context: StoreContext): AttachmentStore {
  const { trx, clock } = context;
  const now = () => clock.now().toISOString();
  return {
    async fetched(id, { path, bytes, sniffed, mislabelled }) {
      await storeFetched.change(trx, {
        id,
        path,
        bytes,
        sniffed_type: sniffed.mimeType,
        sniffed_kind: sniffed.kind,
        sniffed_extension: sniffed.extension,
        mislabelled: mislabelled ? 1 : 0,
        updated_at: now(),
      });
    },

    async read(id, { reading, usage, userId, turnId, ms }) {
      await storeReading.change(trx, {
        id,
        state: reading.kind === 'failed' ? 'failed' : 'read',
        read_ms: ms,
        ...columnsOf(reading),
        updated_at: now(),
      });
      await forgetPages.change(trx, { id });
      for (const entry of usage) await addUsage(context, entry, { userId, turnId, attachmentId: id });
    },

    async keepPage(id, { page, text, usage, userId, turnId }) {
      await trx
        .insertInto('attachment_pages')
        .columns(['attachment_id', 'page', 'text'])
        // Nothing when the file was erased meanwhile.
        .expression(({ selectFrom, lit }) =>
          selectFrom('attachments')
            .select(['attachments.id', lit(page).as('page'), sql<string>`cast(${text} as text)`.as('text')])
            .where('attachments.id', '=', id),
        )
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
        .where((eb) => eb.or([eb('created_at', '<', date.toISOString()), eb('problem', '=', revoked)]))
        .where(isOnDisk)
        .limit(limit)
        .execute();
      return rows.flatMap(({ id, path }) => (path ? { id, path } : []));
    },

    async forgetFile(id) {
      await trx
        .updateTable('attachments')
        .set({ path: null, updated_at: now() })
        .where('id', '=', id)
        .execute();
    },
  };
}

/** The searchable columns beside the stored reading. */
function columnsOf(reading: Reading) {
  const none = { extracted_text: null, transcript: null, language: null, problem: null };
  if (reading.kind === 'document') return { ...none, ...documentColumns(reading) };
  const columns = { ...none, reading: JSON.stringify(reading) };
  switch (reading.kind) {
    case 'image':
      return { ...columns, extracted_text: reading.description || null };
    case 'audio':
      return { ...columns, transcript: reading.transcript, language: reading.language ?? null };
    case 'failed':
      return { ...columns, problem: reading.problem };
  }
}
