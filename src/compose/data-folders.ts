import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { DatabaseTarget } from '#config/settings.ts';

/** Absolute paths of what lies beside the database file. */
export interface DataFolders extends AsyncDisposable {
  readonly media: string;
  /** Uploads of the chat page on their way into the pipeline. */
  readonly spool: string;
}

/** Makes the folders next to the database; a database in memory gets a temporary one, removed at the end. */
export async function openDataFolders(database: DatabaseTarget): Promise<DataFolders> {
  const isTemporary = database.file === ':memory:';
  const root = isTemporary ? await mkdtemp(join(tmpdir(), 'whatsapp-bot-')) : dirname(resolve(database.file));
  const folders = { media: join(root, 'media'), spool: join(root, 'spool') };
  // What people send is nobody else's business on a shared machine.
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    ...folders,
    async [Symbol.asyncDispose]() {
      if (isTemporary) await rm(root, { recursive: true, force: true });
    },
  };
}
