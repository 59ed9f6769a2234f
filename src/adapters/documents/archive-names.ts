import type { FileHandle } from 'node:fs/promises';

/** The end record is 22 bytes and may be followed by a comment of 64 KB. */
const longestEnd = 22 + 65_535;
/** Names of some 10,000 parts; a presentation of 500 slides has 3,000. */
const mostDirectoryBytes = 1024 * 1024;

/**
 * The names in a ZIP archive's central directory (APPNOTE.TXT 4.3.12), as far as its first megabyte goes. Only a look at bounded
 * pieces: nothing is inflated. Undefined where there is no directory.
 */
export async function archiveNames(file: FileHandle): Promise<string[] | undefined> {
  const { size } = await file.stat();
  const tail = await readPiece(file, Math.max(0, size - longestEnd), Math.min(size, longestEnd));
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > tail.length) return undefined;
  const bytes = Math.min(tail.readUInt32LE(end + 12), mostDirectoryBytes);
  const directory = await readPiece(file, tail.readUInt32LE(end + 16), bytes);
  const names: string[] = [];
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    names.push(directory.toString('utf8', at + 46, at + 46 + nameBytes));
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return names;
}

async function readPiece(file: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, from);
  return buffer.subarray(0, bytesRead);
}
