import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Settings } from '#config/settings.ts';

/** Absolute paths of the files people send. */
export interface DataFolders extends AsyncDisposable {
  readonly media: string;
  /** Uploads of the chat page on their way into the pipeline. */
  readonly spool: string;
}

/** Makes the folders where the owner wants them; a database in memory gets temporary ones, removed at the end. */
export async function openDataFolders(settings: Settings): Promise<DataFolders> {
  const place = placeOf(settings);
  const isTemporary = place === undefined;
  const root = place ?? (await mkdtemp(join(tmpdir(), 'whatsapp-bot-')));
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

function placeOf({ dataFolder, database }: Settings): string | undefined {
  if (dataFolder) return resolve(dataFolder);
  if (database.engine === 'postgres') return resolve('data');
  return database.file === ':memory:' ? undefined : dirname(resolve(database.file));
}
