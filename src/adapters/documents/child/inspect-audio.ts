import { stat } from 'node:fs/promises';
import { parseFile } from 'music-metadata';
import { MediaUnusable } from '#src/domain/errors.ts';
import type { ChildJobs, Report } from '../child-messages.ts';
import { decoderFor, decodeSound, type Sound } from './decode-audio.ts';
import { createLoudness } from './loudness.ts';
import { openWavWriter } from './wav-writer.ts';

type Request = ChildJobs['inspect-audio']['request'];

/** Shorter than any word, and refused by the transcription API: a button touched by accident. */
const shortestSeconds = 0.1;
/**
 * An MP4 whose index lies at its end comes out of the decoder in one piece, 23 MB a minute of stereo. Beyond this length
 * the check for silence is not worth the memory.
 */
const longestMp4Seconds = 300;

/**
 * Measures a recording and listens whether anything is in it, without understanding it. Decoding stops as soon as something
 * is heard, so an ordinary voice note costs a few milliseconds, and after `decodeBudgetMs`.
 * @throws MediaUnusable `empty`, `damaged` (neither its length nor its sound can be read), `unsupported`, `too_long`
 */
export async function inspectAudio(
  request: Request,
  report: Report<'inspect-audio'>,
): Promise<ChildJobs['inspect-audio']['result']> {
  if ((await stat(request.path)).size === 0) throw new MediaUnusable('empty', 'The recording has no content');
  const told = await toldSeconds(request.path);
  await report({ seconds: told ?? 0 });
  const decoder = await decoderFor(request.path);
  if (!decoder) {
    if (request.wavPath) throw new MediaUnusable('unsupported', 'This sound format cannot be read');
    return { seconds: knownSeconds(told, undefined), silent: undefined };
  }
  if (decoder === 'mp4' && (told ?? 0) > longestMp4Seconds && !request.wavPath) {
    return { seconds: told ?? 0, silent: undefined };
  }
  const heard = request.wavPath
    ? await convert(request, decoder, request.wavPath)
    : await listen(request, decoder, { lengthIsKnown: Boolean(told) });
  if (heard.complete && heard.seconds === 0 && !heard.error) {
    throw new MediaUnusable('empty', 'The recording holds no sound');
  }
  if (request.wavPath && heard.seconds === 0) {
    throw new MediaUnusable('damaged', 'The recording cannot be decoded', { cause: heard.error });
  }
  const seconds = knownSeconds(told, heard);
  if (heard.seconds === 0) return { seconds, silent: undefined };
  if (heard.complete && heard.seconds < shortestSeconds) return { seconds, silent: true };
  // Silence must have been heard to the end; a voice need not.
  return { seconds, silent: heard.silent && !heard.complete ? undefined : heard.silent };
}

/** What listening brought; `complete` when the whole file was decoded. */
interface Heard {
  readonly seconds: number;
  readonly silent: boolean;
  readonly complete: boolean;
  /** What the decoder stumbled over. */
  readonly error: unknown;
}

/** Listens until something is heard or the budget is spent; further when the length must still be found out. */
async function listen(
  request: Request,
  decoder: string,
  options: { lengthIsKnown: boolean },
): Promise<Heard> {
  const giveUpAt = performance.now() + request.decodeBudgetMs;
  return hear(request.path, decoder, async (_sound, heardSomething) => {
    if (performance.now() > giveUpAt) return 'enough';
    return options.lengthIsKnown && heardSomething ? 'enough' : 'more';
  });
}

/** Writes all of it as WAV. There is no budget but the process's own: half a recording must not pass for the whole. */
async function convert(request: Request, decoder: string, wavPath: string): Promise<Heard> {
  await using wav = await openWavWriter(wavPath, { maxBytes: request.maxWavBytes });
  return await hear(request.path, decoder, async (sound) => {
    await wav.add(sound);
    return 'more';
  });
}

async function hear(
  path: string,
  decoder: string,
  onSound: (sound: Sound, heardSomething: boolean) => Promise<'more' | 'enough'>,
): Promise<Heard> {
  const loudness = createLoudness();
  let seconds = 0;
  let complete = false;
  let error: unknown;
  try {
    let wanted = 'more';
    for await (const sound of decodeSound(path, decoder)) {
      seconds += (sound.channelData[0]?.length ?? 0) / sound.sampleRate;
      loudness.add(sound.channelData, sound.sampleRate);
      wanted = await onSound(sound, loudness.isCertainlySound());
      if (wanted === 'enough') break;
    }
    complete = wanted === 'more';
  } catch (cause) {
    if (cause instanceof MediaUnusable) throw cause;
    // The decoder stumbled: what was heard until then still counts, and the transcription API may know better.
    error = cause;
  }
  return { seconds, silent: loudness.isSilent(), complete, error };
}

/** Length by the file's own account; undefined when it gives none. */
async function toldSeconds(path: string): Promise<number | undefined> {
  try {
    const { format } = await parseFile(path, { duration: true, skipCovers: true });
    return format.duration && Number.isFinite(format.duration) ? format.duration : undefined;
  } catch {
    // Formats without readable headers are measured by decoding.
    return undefined;
  }
}

function knownSeconds(told: number | undefined, heard: Heard | undefined): number {
  // Counted samples are exact; headers of AAC and MP3 are estimates.
  if (heard?.complete && heard.seconds) return heard.seconds;
  if (told === undefined && !heard?.seconds) {
    throw new MediaUnusable('damaged', 'Neither the length nor the sound of the recording can be read', {
      cause: heard?.error,
    });
  }
  return told ?? heard?.seconds ?? 0;
}
