import { chmod, lstat, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { MediaStore } from '#src/ports/media.ts';

/** Files on this machine's disk, readable by the bot's own user only. */
export function openLocalMediaStore(deps: { readonly folder: string }): MediaStore {
  const root = resolve(deps.folder);

  /** @throws RangeError for a path that leads out of the media folder, or to the folder itself */
  function inside(path: string): string {
    if (path.includes('\0') || !path.startsWith(root + sep))
      throw new RangeError('Not a path inside the media folder');
    return path;
  }

  return {
    async pathFor(userId, attachmentId) {
      const folder = join(root, idOf(userId));
      const path = join(folder, idOf(attachmentId));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // The root may have been made by hand, or by a volume mount, with wider rights.
      await chmod(folder, 0o700);
      return path;
    },
    resolve: (relativePath) => inside(resolve(root, relativePath)),
    relative: (absolutePath) => relative(root, inside(resolve(absolutePath))).replaceAll(sep, '/'),
    async remove(relativePath) {
      await rm(inside(resolve(root, relativePath)), { force: true });
    },
    async removeWrittenBefore(date) {
      let removed = 0;
      for (const person of await namesIn(root)) {
        const folder = join(root, person);
        const names = await namesIn(folder);
        let left = names.length;
        for (const name of names) {
          const path = join(folder, name);
          const facts = await lstat(path);
          if (facts.isDirectory() || facts.mtimeMs >= date.getTime()) continue;
          await rm(path, { force: true });
          removed += 1;
          left -= 1;
        }
        // Not recursively: somebody may have put another file there meanwhile.
        if (left === 0) await rmdir(folder).catch(() => {});
      }
      return removed;
    },
    async removeAll(userId) {
      await rm(join(root, idOf(userId)), { recursive: true, force: true });
    },
  };
}

/** What a folder holds; nothing when it is none, or gone. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

/** @throws RangeError: ids are ours (UUIDs), so anything else is a fault in the program */
function idOf(text: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) throw new RangeError('Not an id that may name a file');
  return text;
}
