import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import type { FetchedMedia } from '#src/ports/channel.ts';

/**
 * Copies an upload to `target`. The upload stays, so that a turn interrupted after the copy can fetch again.
 * @throws MediaUnusable `refused` for anything but a plain name of a plain file, `unavailable` when gone, `too_large` past `maxBytes`
 * @throws ProviderUnavailable when the disk does not let us
 */
export async function copyFromSpool(
  spoolFolder: string,
  ref: string,
  options: { readonly target: string; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<FetchedMedia> {
  options.signal.throwIfAborted();
  if (!isSpoolName(ref)) throw new MediaUnusable('refused', 'The upload has no plain name');
  const source = join(spoolFolder, ref);
  // lstat: a link inside the folder must not lead out of it.
  const facts = await lstat(source).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) throw new MediaUnusable('unavailable', 'The upload is gone');
    throw new ProviderUnavailable('The upload could not be read', { cause: error });
  });
  if (!facts.isFile()) throw new MediaUnusable('refused', 'The upload is not a plain file');
  if (facts.size > options.maxBytes)
    throw new MediaUnusable('too_large', 'The upload is over the size limit');

  try {
    await pipeline(
      createReadStream(source),
      createWriteStream(options.target, { flags: 'wx', mode: 0o600 }),
      {
        signal: options.signal,
      },
    );
  } catch (error) {
    // EEXIST: the file there is not ours to remove.
    if (!hasCode(error, 'EEXIST')) await rm(options.target, { force: true });
    options.signal.throwIfAborted();
    throw new ProviderUnavailable('The upload could not be copied', { cause: error });
  }
  return { path: options.target, bytes: facts.size, contentType: '' };
}

/** Removes an upload, if it is there. */
export async function removeUpload(spoolFolder: string, ref: string): Promise<void> {
  if (isSpoolName(ref)) await rm(join(spoolFolder, ref), { force: true });
}

/**
 * Removes uploads last written before `before`: by then they were copied to the person's media folder or given up on.
 * Returns how many went. A folder that does not exist yet counts as empty.
 */
export async function removeOldUploads(spoolFolder: string, before: Date): Promise<number> {
  const names = await readdir(spoolFolder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  let removed = 0;
  for (const name of names.filter(isSpoolName)) {
    const path = join(spoolFolder, name);
    const facts = await lstat(path);
    if (!facts.isFile() || facts.mtimeMs >= before.getTime()) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

/** Uploads are named by our own ids: no dots and no separators, so a name cannot leave the folder. */
function isSpoolName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
