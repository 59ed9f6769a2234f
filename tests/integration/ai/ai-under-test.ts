import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModel } from '#config/models.ts';
import { createOpenAi, type OpenAiDeps } from '#src/adapters/ai/openai/open-ai.ts';
import { retryOptions } from '#src/adapters/ai/openai/with-retries.ts';
import type { LookRequest, ReplyRequest, TranscribeRequest } from '#src/ports/ai.ts';
import type { Log } from '#src/ports/system.ts';
import { exchange } from '#tests/support/exchange.ts';

/** A log that remembers its lines, as they would be printed. */
export function rememberingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const line = (level: string) => (facts: object, message: string) => {
    lines.push(`${level} ${JSON.stringify(facts)} ${message}`);
  };
  const log = { lines, debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  return { ...log, child: () => ({ ...log, child: () => rememberingLog() }) };
}

/** The product's own driver against a stand-in. Waits between attempts are recorded instead of waited. */
export function openAiUnderTest(baseUrl: string, changes: Partial<OpenAiDeps> = {}) {
  const waits: number[] = [];
  const log = rememberingLog();
  const ai = createOpenAi({
    apiKey: 'sk-test-not-a-key',
    baseUrl,
    exchange,
    api: 'responses',
    model: 'gpt-6-luna',
    visionModel: 'gpt-6-luna',
    transcribeModel: 'gpt-transcribe',
    profileOf: findModel,
    safetySalt: 'salt',
    log,
    retries: { ...retryOptions, delay: async (ms) => waits.push(ms) },
    ...changes,
  });
  return { ai, waits, log };
}

/** A question as the story asks it. */
export function replyRequest(changes: Partial<ReplyRequest> = {}): ReplyRequest {
  return {
    instructions: 'You are the assistant of a team.',
    history: [],
    context: '',
    text: 'What is the total?',
    files: [],
    personText: 'What is the total?',
    userId: '0197-ana',
    signal: new AbortController().signal,
    ...changes,
  };
}

const onePixelPng = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A photo as the story shows it. */
export function lookRequest(changes: Partial<LookRequest> = {}): LookRequest {
  return {
    instructions: 'Describe this picture.',
    question: '',
    image: { bytes: onePixelPng, mimeType: 'image/png' },
    userId: '0197-ana',
    signal: new AbortController().signal,
    ...changes,
  };
}

/** A recording on disk for as long as the test needs it. */
export async function recording(
  content: Buffer = Buffer.from('OggS and then some sound'),
): Promise<AsyncDisposable & { request(changes?: Partial<TranscribeRequest>): TranscribeRequest }> {
  const folder = await mkdtemp(join(tmpdir(), 'recording-'));
  const path = join(folder, '0197');
  await writeFile(path, content);
  return {
    request: (changes) => ({
      path,
      fileName: 'voice.ogg',
      mimeType: 'audio/ogg',
      seconds: 12,
      signal: new AbortController().signal,
      ...changes,
    }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** What a promise rejects with; fails when it resolves. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const result = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in result) return result.error;
  throw new Error(`expected a failure, got ${JSON.stringify(result.value)}`);
}
