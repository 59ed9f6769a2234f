import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Settings } from '#config/settings.ts';
import { makeFolder } from '../adapters/store/make-folder.ts';
import { SettingsWrong } from '../domain/errors.ts';

/** Absolute paths of the files people send. */
export interface DataFolders extends AsyncDisposable {
  readonly media: string;
  /** Uploads of the chat page on their way into the pipeline. */
  readonly spool: string;
  /** Copies of people's own data, for them to fetch. */
  readonly exports: string;
}

/**
 * Makes the folders where the owner wants them; a database in memory gets temporary ones, removed at the end.
 * @throws SettingsWrong when nothing can be stored there, naming the setting that says where
 */
export async function openDataFolders(settings: Settings): Promise<DataFolders> {
  const place = placeOf(settings);
  const isTemporary = place === undefined;
  const root = place ?? (await mkdtemp(join(tmpdir(), 'whatsapp-bot-')));
  const folders = {
    media: join(root, 'media'),
    spool: join(root, 'spool'),
    exports: join(root, 'exports'),
  };
  // What people send is nobody else's business on a shared machine.
  for (const folder of Object.values(folders)) {
    try {
      makeFolder(folder, 0o700);
      // One that was there may be another user's.
      await access(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      const problem = problemOf(error, root, settings);
      throw problem === undefined ? error : new SettingsWrong([problem]);
    }
  }
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

function problemOf(error: unknown, root: string, { dataFolder, database }: Settings): string | undefined {
  const name = dataFolder || database.engine === 'postgres' ? 'DATA_DIR' : 'DATABASE_URL';
  const isSet = dataFolder || database.engine === 'sqlite';
  switch ((error as { code?: unknown }).code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return isSet
        ? `${name} names a folder that cannot be written (${root}). Give it to the user that runs the bot, or set ${name} to another place.`
        : `The data folder cannot be written (${root}). Give it to the user that runs the bot, or set ${name} to another one.`;
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return `${name} points to a place where no folder can be made (${root}). Check the path.`;
    case 'ENOSPC':
      return `The disk is full (${root}). Make room for the files people send.`;
    default:
      return undefined;
  }
}
