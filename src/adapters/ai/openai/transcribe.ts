import { APIError } from 'openai';
import { z } from 'zod';
import { MediaUnusable } from '#src/domain/errors.ts';
import type { Consumption } from '#src/domain/usage.ts';
import type { TranscribeRequest } from '#src/ports/ai.ts';
import type { Exchange } from '#src/ports/exchange.ts';
import type { OpenAiClient } from './client.ts';
import { unreadableAnswer } from './errors.ts';
import { createFetchForm } from './fetch-json.ts';
import { isoLanguage } from './iso-language.ts';
import { consumption, count } from './usage.ts';

export interface TranscribeDeps {
  readonly client: OpenAiClient;
  readonly exchange: Exchange;
  readonly model: string;
  readonly timeoutMs: number;
}

export interface Transcript {
  /** '' when nothing was said. */
  readonly text: string;
  /** ISO 639-1 where the model reported it. */
  readonly language?: string | undefined;
  readonly used: Consumption;
}

/**
 * One attempt at turning speech into words. Throws the vendor's errors as they are, and MediaUnusable for sound it cannot read.
 * https://developers.openai.com/api/reference/resources/audio/subresources/transcriptions
 */
export async function transcribe(deps: TranscribeDeps, request: TranscribeRequest): Promise<Transcript> {
  const parsed = transcriptSchema.safeParse(await upload(deps, request));
  if (!parsed.success) throw unreadableAnswer();
  const { text, languages, language, usage, duration } = parsed.data;
  return {
    text: text.trim(),
    language: isoLanguage(languages?.[0]?.code ?? language ?? ''),
    used: consumption(deps.model, {
      promptTokens: usage?.input_tokens ?? 0,
      completionTokens: usage?.output_tokens ?? 0,
      audioSeconds: usage?.seconds || duration || request.seconds,
    }),
  };
}

async function upload(
  { client, exchange, model, timeoutMs }: TranscribeDeps,
  { path, fileName, mimeType, signal }: TranscribeRequest,
): Promise<unknown> {
  // Whisper tells language and length only in its verbose form; the newer models know only the plain one.
  const response_format = model === 'whisper-1' ? 'verbose_json' : 'json';
  // The API decides by the extension of the name what the file is.
  const form = { fields: { model, response_format }, fileField: 'file', path, fileName, mimeType };
  try {
    return await client
      .withOptions({ fetch: createFetchForm(exchange, form) })
      .post('/audio/transcriptions', { timeout: timeoutMs, signal });
  } catch (error) {
    throw soundProblem(error) ?? error;
  }
}

/** The union of what gpt-transcribe, its predecessors, whisper-1 and compatible servers answer. */
const transcriptSchema = z.looseObject({
  text: z.string(),
  languages: z
    .array(z.looseObject({ code: z.string() }))
    .nullish()
    .catch(null),
  language: z.string().nullish().catch(null),
  duration: count.nullish(),
  usage: z.looseObject({ input_tokens: count, output_tokens: count, seconds: count }).nullish().catch(null),
});

/**
 * A refusal that is about the sound itself becomes a problem of the file. The API gives broken sound no code of its own, but
 * names the parameter when anything else is wrong.
 */
function soundProblem(error: unknown): MediaUnusable | undefined {
  if (!(error instanceof APIError)) return undefined;
  if (error.status === 413)
    return new MediaUnusable('too_large', 'The recording is too large to transcribe.');
  if (error.code === 'audio_too_short') return new MediaUnusable('empty', 'There is no sound to transcribe.');
  const aboutTheFile = error.param === 'file' || (!error.param && !error.code);
  if ((error.status !== 400 && error.status !== 415) || !aboutTheFile) return undefined;
  return new MediaUnusable('damaged', 'The transcription model cannot read this sound.');
}
