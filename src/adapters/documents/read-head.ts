import { open } from 'node:fs/promises';
import { MediaUnusable } from '#src/domain/errors.ts';

/** Enough for every signature, for a WebM's tracks and for a fair look at a text. */
const headBytes = 65_536;

/** The first 64 KB of a file. @throws MediaUnusable `unavailable` when it does not exist any more */
export async function readHead(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new MediaUnusable('unavailable', 'The file is gone', { cause: error })
      : error;
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
