import { open, rm } from 'node:fs/promises';
import { MediaUnusable } from '#src/domain/errors.ts';
import type { SniffedType } from '#src/domain/reading.ts';
import type { AudioFacts } from '#src/ports/documents.ts';
import type { ChildPool } from './child-pool.ts';
import { mp4Tracks, type Tracks, webmTracks } from './container-tracks.ts';
import type { ReaderLimits } from './limits.ts';
import { endError } from './pdf-text.ts';
import { readHead } from './read-head.ts';
import { acceptedUpload } from './uploads.ts';

/**
 * Finds out what can be known of a recording without a model, and what to upload. A file that the API takes is not refused
 * because our decoder failed on it, as long as it says how long it is.
 * @throws MediaUnusable `silent` for a video without sound, `empty`, `damaged`, `unsupported`, `too_long`, `too_complex`
 */
export async function readAudioFacts(
  deps: { pool: ChildPool; limits: ReaderLimits },
  path: string,
  sniffed: SniffedType,
  signal: AbortSignal,
): Promise<AudioFacts> {
  const tracks = await tracksOf(path, sniffed);
  if (tracks?.video && !tracks.audio) throw new MediaUnusable('silent', 'The video has no sound');
  const asItIs = acceptedUpload(sniffed);
  const wavPath = asItIs ? undefined : `${path}.wav`;
  const upload = asItIs
    ? { path, ...asItIs }
    : { path: `${path}.wav`, fileName: 'voice.wav', mimeType: 'audio/wav' };
  let told: number | undefined;
  try {
    const end = await deps.pool.run(
      'inspect-audio',
      { path, wavPath, maxWavBytes: deps.limits.maxWavBytes, decodeBudgetMs: deps.limits.audioTimeoutMs / 2 },
      {
        timeoutMs: deps.limits.audioTimeoutMs,
        signal,
        onPart: ({ seconds }) => {
          told = seconds;
        },
      },
    );
    if (end.kind === 'done') return { ...end.result, upload };
    // The decoder was stopped or crashed after the length was known: the original may still be fine for the API.
    if (end.kind !== 'failed' && asItIs && told) return { seconds: told, silent: undefined, upload };
    throw endError(end, 'recording');
  } catch (error) {
    // Half a conversion must not be found and taken for the recording.
    if (wavPath) await rm(wavPath, { force: true });
    throw error;
  }
}

async function tracksOf(path: string, { mimeType }: SniffedType): Promise<Tracks | undefined> {
  if (/webm|matroska/.test(mimeType)) return webmTracks(await readHead(path));
  if (!/mp4|m4v|3gpp|quicktime/.test(mimeType)) return undefined;
  await using file = await open(path);
  return await mp4Tracks(file);
}
