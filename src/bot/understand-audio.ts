import { MediaUnusable } from '#src/domain/errors.ts';
import type { BotDeps } from './deps.ts';
import { toUsage } from './price.ts';
import type { FileAtHand, Understood } from './understand.ts';

/** Longest sound that is transcribed: a 16 MB voice note can hold two hours, which somebody has to pay for. */
const longestSeconds = 60 * 60;

/** Puts a voice note, or the sound of a video, into words. Silence is said to be silence: models invent speech for it. */
export async function understandAudio(deps: BotDeps, file: FileAtHand): Promise<Understood> {
  const { ai, readers, rules } = deps;
  const { sniffed } = file.attachment;
  if (!sniffed) throw new MediaUnusable('unsupported', 'the file was not looked at');
  const facts = await readers.inspectAudio(file.path, sniffed, { signal: file.run.signal });
  if (facts.silent) throw new MediaUnusable('silent', 'no sound above room noise');
  if (facts.seconds > longestSeconds) throw new MediaUnusable('too_long', 'longer than an hour');
  const base = { kind: 'audio' as const, seconds: facts.seconds, fromVideo: sniffed.kind === 'video' };
  if (!ai.canHear) return { reading: { ...base, transcript: '' }, usage: [] };
  const heard = await ai
    .transcribe({ ...facts.upload, seconds: facts.seconds, signal: file.run.signal })
    .finally(() => removeConverted(deps, file.path, facts.upload.path));
  const usage = [toUsage('transcription', heard.used, rules)];
  if (heard.text.trim() === '') return { reading: { kind: 'failed', problem: 'silent' }, usage };
  return {
    reading: {
      ...base,
      seconds: facts.seconds || heard.used.audioSeconds,
      transcript: heard.text.trim(),
      language: heard.language,
    },
    usage,
  };
}

/** A format the API does not take was converted beside the original, which is the one to keep. */
async function removeConverted(
  { media }: Pick<BotDeps, 'media'>,
  original: string,
  uploaded: string,
): Promise<void> {
  if (uploaded !== original) await media.remove(media.relative(uploaded));
}
