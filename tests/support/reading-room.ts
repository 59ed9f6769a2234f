import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileReaders } from '#src/adapters/documents/file-readers.ts';
import type { ReaderLimits } from '#src/adapters/documents/limits.ts';
import { type MediaProblem, MediaUnusable } from '#src/domain/errors.ts';
import type { FileReaders } from '#src/ports/documents.ts';
import { createQuietLog } from './quiet-log.ts';

/** Real file readers with a folder for the files of a test; both are gone after disposal. */
export interface ReadingRoom extends AsyncDisposable {
  readonly readers: FileReaders;
  /** Writes a file and gives its path. */
  file(name: string, bytes: Uint8Array | string): Promise<string>;
}

/** Opens readers as the product does, with other limits where a test wants to reach them soon. */
export async function openReadingRoom(limits: Partial<ReaderLimits> = {}): Promise<ReadingRoom> {
  const folder = await mkdtemp(join(tmpdir(), 'reading-room-'));
  const readers = openFileReaders({ log: createQuietLog(), limits });
  return {
    readers,
    async file(name, bytes) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    },
    async [Symbol.asyncDispose]() {
      await readers[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** A file of the fixtures folder. */
export function fixture(name: string): string {
  return new URL(`../fixtures/${name}`, import.meta.url).pathname;
}

/** The reason why a file cannot be used, or what was read after all. */
export async function problemOf(reading: Promise<unknown>): Promise<MediaProblem | { unexpected: unknown }> {
  try {
    return { unexpected: await reading };
  } catch (error) {
    if (error instanceof MediaUnusable) return error.problem;
    throw error;
  }
}
