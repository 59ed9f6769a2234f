import type { FileHandle } from 'node:fs/promises';

/** Enough for 64 sectors of directory, at least 256 names; the ones that matter come early. */
const mostDirectorySectors = 64;
const endOfChain = 0xfffffffa;
/** The allocation table sectors that the header itself lists: enough for files of 7 MB and more. */
const listedInHeader = 109;

/**
 * The names of the streams in a compound file, the container of Office files before 2007 and of encrypted ones since ([MS-CFB]).
 * Empty where the directory cannot be read.
 */
export async function compoundStreams(file: FileHandle, head: Buffer): Promise<Set<string>> {
  const names = new Set<string>();
  const sectorBytes = head.length < 512 ? 0 : 2 ** head.readUInt16LE(30);
  if (sectorBytes !== 512 && sectorBytes !== 4096) return names;
  const read = async (sector: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(sectorBytes),
      0,
      sectorBytes,
      (sector + 1) * sectorBytes,
    );
    return buffer.subarray(0, bytesRead);
  };
  let sector = head.readUInt32LE(48);
  for (let count = 0; count < mostDirectorySectors && sector < endOfChain; count++) {
    const directory = await read(sector);
    if (directory.length < sectorBytes) break;
    for (let at = 0; at < directory.length; at += 128) names.add(nameAt(directory, at));
    sector = await nextSector(sector);
  }
  return names;

  async function nextSector(from: number): Promise<number> {
    const perSector = sectorBytes / 4;
    const index = Math.floor(from / perSector);
    if (index >= listedInHeader) return endOfChain;
    const table = await read(head.readUInt32LE(76 + index * 4));
    return table.length < sectorBytes ? endOfChain : table.readUInt32LE((from % perSector) * 4);
  }
}

/** A name is at most 64 bytes of UTF-16 with its ending zero, and the length stands behind it. */
function nameAt(directory: Buffer, at: number): string {
  const bytes = Math.min(directory.readUInt16LE(at + 64), 64);
  return directory.toString('utf16le', at, at + Math.max(0, bytes - 2));
}
