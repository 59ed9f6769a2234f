import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import decode from 'audio-decode';
import { fileTypeFromBuffer } from 'file-type';

/** A stretch of decoded sound: one array of samples from -1 to 1 a channel. */
export interface Sound {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}
type Decoder = Parameters<typeof decode>[1];

/** Decoders by the extension that the file's bytes suggest. */
const decoders: Readonly<Record<string, string>> = {
  opus: 'opus',
  ogg: 'oga',
  mp3: 'mp3',
  m4a: 'mp4',
  m4b: 'mp4',
  m4v: 'mp4',
  mp4: 'mp4',
  mov: 'mp4',
  '3gp': 'mp4',
  '3g2': 'mp4',
  wav: 'wav',
  aac: 'aac',
  flac: 'flac',
  amr: 'amr',
  webm: 'webm',
  mkv: 'mkv',
  aif: 'aiff',
  asf: 'wma',
  wma: 'wma',
};

/** The decoder for a file, chosen by its bytes; undefined when there is none. */
export async function decoderFor(path: string): Promise<string | undefined> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
  const type = await fileTypeFromBuffer(buffer.subarray(0, bytesRead));
  return decoders[type?.ext ?? ''];
}

/** Decodes a file stretch by stretch, so that the caller can stop early; throws what the decoder throws. */
export function decodeSound(path: string, decoder: string): AsyncIterable<Sound> {
  // 32 KB are some 15 seconds of a voice note: small enough to stop soon, large enough not to be slow.
  const bytes = createReadStream(path, { highWaterMark: 32_768 });
  return decode(bytes, decoder as Decoder);
}
