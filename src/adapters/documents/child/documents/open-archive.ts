import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { MediaUnusable } from '#src/domain/errors.ts';
import type { ArchiveLimits } from '../../child-messages.ts';
import { Enough } from './page-writer.ts';

/** A bomb is large; a small part may shrink as well as it likes. */
const smallPart = 8 * 1024 * 1024;

/** The parts of an Office file, inflated piece by piece and never beyond the limits. */
export interface Archive extends Disposable {
  has(part: string): boolean;
  /**
   * The bytes of a part; none for one that is missing.
   * @throws Enough when the archive has unpacked to its limit; MediaUnusable `too_complex` for a bomb, `damaged`, `encrypted`
   */
  read(part: string): AsyncIterable<Buffer>;
}

/** Opens an archive after a look at its directory. @throws MediaUnusable `damaged`, `encrypted`, `too_complex` */
export async function openArchive(path: string, limits: ArchiveLimits): Promise<Archive> {
  const zip = await openPromise(path, { autoClose: false }).catch(throwDamaged);
  let entries: Map<string, Entry>;
  try {
    entries = await listEntries(zip, limits);
  } catch (error) {
    zip.close();
    throw error;
  }
  let left = limits.maxUnpackedBytes;
  return {
    has: (part) => entries.has(part.toLowerCase()),
    async *read(part) {
      const entry = entries.get(part.toLowerCase());
      if (!entry) return;
      refuseBomb(entry, limits);
      const stream = await zip.openReadStreamPromise(entry).catch(throwDamaged);
      let checksum = 0;
      try {
        // The library ends the stream with an error once more comes out than the directory says.
        for await (const bytes of stream as AsyncIterable<Buffer>) {
          left -= bytes.length;
          if (left < 0) throw new Enough('size_limit');
          checksum = crc32(bytes, checksum);
          yield bytes;
        }
      } catch (error) {
        throwDamaged(error);
      } finally {
        stream.destroy();
      }
      if (checksum !== entry.crc32) throw new MediaUnusable('damaged', 'A part has the wrong checksum');
    },
    [Symbol.dispose]: () => zip.close(),
  };
}

/** Names without regard to case, as the Open Packaging Conventions want it. The first of two equal names is the one that counts. */
async function listEntries(zip: ZipFile, limits: ArchiveLimits): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  if (zip.entryCount > limits.maxArchiveParts)
    throw new MediaUnusable('too_complex', 'The archive has too many parts');
  let unpacked = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      unpacked += entry.uncompressedSize;
      if (unpacked > limits.maxUnpackedBytes)
        throw new MediaUnusable('too_complex', 'The archive unpacks to too many bytes');
      const name = entry.fileName.toLowerCase();
      if (!entries.has(name)) entries.set(name, entry);
    }
  } catch (error) {
    throwDamaged(error);
  }
  return entries;
}

function refuseBomb(entry: Entry, limits: ArchiveLimits): void {
  if (entry.isEncrypted()) throw new MediaUnusable('encrypted', 'A part of the archive asks for a password');
  const ratio = entry.uncompressedSize / Math.max(1, entry.compressedSize);
  if (entry.uncompressedSize > smallPart && ratio > limits.maxUnpackedRatio)
    throw new MediaUnusable('too_complex', 'A part of the archive is a compression bomb');
}

/** The library and zlib tell by message alone what is wrong; whatever it is, the archive is broken. */
function throwDamaged(error: unknown): never {
  if (error instanceof MediaUnusable || error instanceof Enough) throw error;
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw error;
  throw new MediaUnusable('damaged', 'The archive cannot be read', { cause: error });
}
