import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, unless they are there. Node's own recursive mkdir never ends where the system denies that an
 * existing parent exists, as it does below /proc; here every folder is tried at most twice.
 * @param path absolute
 * @param mode permissions of the folders that are made
 * @throws the system's error with its `code`
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as { code?: unknown };
    // Whatever the system says about a folder that is there (EEXIST, a read-only disk), nothing has to be made.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    makeFolder(parent, mode);
    mkdirSync(path, { mode });
  }
}
