import type { SniffedType } from '#src/domain/reading.ts';

/**
 * What the transcription API takes as it is, with the file name that makes it recognize the format:
 * flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav, webm. QuickTime goes as MP4, whose structure it shares.
 */
const accepted: Readonly<Record<string, readonly [fileName: string, mimeType: string]>> = {
  'audio/ogg': ['voice.ogg', 'audio/ogg'],
  'video/ogg': ['video.ogg', 'audio/ogg'],
  'audio/mpeg': ['voice.mp3', 'audio/mpeg'],
  'audio/mp4': ['voice.m4a', 'audio/mp4'],
  'audio/wav': ['voice.wav', 'audio/wav'],
  'audio/flac': ['voice.flac', 'audio/flac'],
  'audio/webm': ['voice.webm', 'audio/webm'],
  'video/mp4': ['video.mp4', 'video/mp4'],
  'video/x-m4v': ['video.mp4', 'video/mp4'],
  'video/quicktime': ['video.mp4', 'video/mp4'],
  'video/webm': ['video.webm', 'video/webm'],
  'video/mpeg': ['video.mpeg', 'video/mpeg'],
};

/** How to upload a sound file as it is; undefined when the API does not take its format. */
export function acceptedUpload(sniffed: SniffedType): { fileName: string; mimeType: string } | undefined {
  const upload = accepted[sniffed.mimeType];
  return upload && { fileName: upload[0], mimeType: upload[1] };
}
