import type { FileHandle } from 'node:fs/promises';

/** Which kinds of tracks a container holds. */
export interface Tracks {
  readonly audio: boolean;
  readonly video: boolean;
}

/** An hour of video has an index of about 1 MB. */
const maxIndexBytes = 8 * 1024 * 1024;
/** Ordinary files have fewer than ten boxes at the top, fragmented ones two a fragment; the index comes before those. */
const maxTopBoxes = 200;

/** Tracks of an MP4, MOV, M4A or 3GP file (ISO/IEC 14496-12); undefined when its index cannot be found or read. */
export async function mp4Tracks(file: FileHandle): Promise<Tracks | undefined> {
  const { size: fileSize } = await file.stat();
  const head = Buffer.alloc(16);
  let at = 0;
  for (let boxes = 0; boxes < maxTopBoxes && at + 8 <= fileSize; boxes++) {
    const { bytesRead } = await file.read(head, 0, 16, at);
    const box = readBox(head.subarray(0, bytesRead), fileSize - at);
    if (!box) return undefined;
    if (box.type === 'moov') {
      if (box.size > maxIndexBytes || at + box.size > fileSize) return undefined;
      const index = Buffer.alloc(box.size - box.headerBytes);
      await file.read(index, 0, index.length, at + box.headerBytes);
      return tracksOf(index);
    }
    at += box.size;
  }
  return undefined;
}

/** Tracks of a WebM or Matroska file by the codec names in its first bytes: `V_…` is video, `A_…` audio. */
export function webmTracks(head: Uint8Array): Tracks {
  // 0x86 is the element CodecID; the byte after it is the length of the name.
  const codecs = [
    ...Buffer.from(head)
      .toString('latin1')
      .matchAll(/\x86[\x81-\xa0]([AV])_[A-Z]/g),
  ];
  return {
    audio: codecs.some(([, kind]) => kind === 'A'),
    video: codecs.some(([, kind]) => kind === 'V'),
  };
}

function tracksOf(index: Buffer): Tracks {
  const handlers = new Set<string>();
  for (const track of children(index, 'trak')) {
    for (const media of children(track, 'mdia')) {
      for (const handler of children(media, 'hdlr')) handlers.add(handler.toString('latin1', 8, 12));
    }
  }
  return { audio: handlers.has('soun'), video: handlers.has('vide') };
}

function* children(parent: Buffer, type: string): Generator<Buffer> {
  for (let at = 0; at + 8 <= parent.length; ) {
    const box = readBox(parent.subarray(at), parent.length - at);
    if (!box) return;
    if (box.type === type) yield parent.subarray(at + box.headerBytes, at + box.size);
    at += box.size;
  }
}

function readBox(
  bytes: Buffer,
  available: number,
): { type: string; size: number; headerBytes: number } | undefined {
  if (bytes.length < 8) return undefined;
  const type = bytes.toString('latin1', 4, 8);
  let size = bytes.readUInt32BE(0);
  let headerBytes = 8;
  if (size === 0) size = available;
  if (size === 1) {
    if (bytes.length < 16) return undefined;
    size = Number(bytes.readBigUInt64BE(8));
    headerBytes = 16;
  }
  // A box smaller than its own header would be walked for ever.
  return size < headerBytes ? undefined : { type, size, headerBytes };
}
