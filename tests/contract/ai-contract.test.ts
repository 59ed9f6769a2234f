import { describe, expect, it } from 'vitest';
import { createOfflineAssistant } from '#src/adapters/ai/offline/offline-assistant.ts';
import { AppError, MediaUnusable, ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { Ai } from '#src/ports/ai.ts';
import { type OpenAiStandIn, openOpenAiStandIn } from '#tests/support/openai-stand-in.ts';
import {
  failureOf,
  lookRequest,
  openAiUnderTest,
  recording,
  replyRequest,
} from '../integration/ai/ai-under-test.ts';

/*
 * What every Ai promises to the story, whatever is behind it. The two OpenAI drivers and a compatible server with a model of its
 * own are asked through real HTTP.
 */
interface Subject {
  readonly ai: Ai;
  readonly standIn: OpenAiStandIn;
}

const drivers: Record<string, (standIn: OpenAiStandIn) => Ai> = {
  responses: ({ url }) => openAiUnderTest(url, { api: 'responses' }).ai,
  'chat completions': ({ url }) => openAiUnderTest(url, { api: 'chat' }).ai,
  'a compatible server': ({ url }) =>
    openAiUnderTest(url, {
      api: 'chat',
      model: 'qwen3:8b',
      visionModel: 'qwen3-vl:8b',
      transcribeModel: 'whisper-large-v3',
    }).ai,
};
const everyAi = { ...drivers, offline: () => createOfflineAssistant() };

describe.each(Object.entries(everyAi))('every assistant: %s', (_name, create) => {
  const scene = sceneOf(create);

  it('answers a question with text and a full account of what it used', async () => {
    await using subject = await scene();
    const { text, used, cutOff } = await subject.ai.reply(replyRequest());
    expect(text.trim()).not.toBe('');
    expect(cutOff).toBe(false);
    expect(used.model).not.toBe('');
    for (const number of [used.promptTokens, used.cachedTokens, used.completionTokens, used.audioSeconds]) {
      expect(Number.isFinite(number) && number >= 0).toBe(true);
    }
    expect(subject.standIn.problems).toEqual([]);
  });

  it('does not start what is already called off, and says `stopping`', async () => {
    await using subject = await scene();
    const signal = AbortSignal.abort();
    const failure = await failureOf(subject.ai.reply(replyRequest({ signal })));
    expect(failure).toBeInstanceOf(AppError);
    expect(failure).toMatchObject({ code: 'stopping', retryable: true });
    expect(subject.standIn.calls).toEqual([]);
  });
});

describe.each(Object.entries(drivers))('every model: %s', (_name, create) => {
  const scene = sceneOf(create);

  it('shows the model the instructions, the history in order, and this turn last', async () => {
    await using subject = await scene();
    await subject.ai.reply(
      replyRequest({
        history: [
          { role: 'person', text: 'Here is the invoice.' },
          { role: 'person', text: 'It is from May.' },
          { role: 'assistant', text: 'Got it.' },
        ],
        context: 'Today is Saturday.',
        text: 'What is the total?',
      }),
    );
    const question = subject.standIn.calls[0]?.question;
    expect(question?.instructions).toBe('You are the assistant of a team.');
    expect(question?.messages).toEqual([
      { role: 'user', text: 'Here is the invoice.\n\nIt is from May.' },
      { role: 'assistant', text: 'Got it.' },
      { role: 'user', text: 'Today is Saturday.\n\nWhat is the total?' },
    ]);
    expect(subject.standIn.problems).toEqual([]);
  });

  it('sends text from broken files in a form the API accepts', async () => {
    await using subject = await scene();
    await subject.ai.reply(replyRequest({ text: 'half an emoji \ud83d and a NUL \0 here' }));
    expect(subject.standIn.calls[0]?.question?.text).toBe('half an emoji \ufffd and a NUL  here');
    expect(subject.standIn.problems).toEqual([]);
  });

  it('shows a photo with the words that came with it', async () => {
    await using subject = await scene();
    subject.standIn.answers(({ images }) => `A picture of ${images[0]?.length} bytes.`);
    const request = lookRequest({ question: 'How much was lunch?' });
    const { text, used } = await subject.ai.look(request);
    expect(text).toBe(`A picture of ${request.image.bytes.length} bytes.`);
    expect(used.promptTokens).toBeGreaterThan(0);
    expect(subject.standIn.calls[0]?.question?.text).toContain('How much was lunch?');
    expect(subject.standIn.problems).toEqual([]);
  });

  it('turns a voice note into words', async () => {
    await using subject = await scene();
    await using voice = await recording();
    subject.standIn.transcribes(({ name, bytes }) => ({ text: `${name}: ${bytes.length} bytes` }));
    const { text, used } = await subject.ai.transcribe(voice.request());
    expect(text).toBe('voice.ogg: 24 bytes');
    expect(used.audioSeconds).toBeGreaterThan(0);
    expect(subject.standIn.problems).toEqual([]);
  });

  it.each([
    { kind: 'rate-limit', retryAfterMs: 5 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503 },
    { kind: 'status', status: 408 },
    { kind: 'drop' },
    { kind: 'truncated-json' },
    { kind: 'empty' },
    { kind: 'body', body: '<html>Bad gateway</html>' },
    { kind: 'body', body: null },
  ] as const)('gets over a single $kind by asking again', async (fault) => {
    await using subject = await scene();
    subject.standIn.next(fault);
    subject.standIn.answers(() => 'It is 42 euros.');
    expect((await subject.ai.reply(replyRequest())).text).toBe('It is 42 euros.');
    expect(subject.standIn.calls).toHaveLength(2);
    expect(subject.standIn.problems).toEqual([]);
  });

  it('gives up on an outage after three attempts, worth another try later', async () => {
    await using subject = await scene();
    subject.standIn.next(...Array(9).fill({ kind: 'status', status: 503 }));
    const failure = await failureOf(subject.ai.reply(replyRequest()));
    expect(failure).toBeInstanceOf(ProviderUnavailable);
    expect(failure).toMatchObject({ retryable: true, vendorCode: 'http_503' });
    expect(subject.standIn.calls).toHaveLength(3);
  });

  it.each([
    [{ kind: 'quota' }, 'quota', 'insufficient_quota'],
    [{ kind: 'status', status: 402 }, 'quota', 'http_402'],
    [{ kind: 'status', status: 401, code: 'invalid_api_key' }, 'credentials', 'invalid_api_key'],
    [{ kind: 'status', status: 403 }, 'credentials', 'http_403'],
    [{ kind: 'status', status: 404, code: 'model_not_found' }, 'request', 'model_not_found'],
    [{ kind: 'status', status: 400, code: 'context_length_exceeded' }, 'request', 'context_length_exceeded'],
    [{ kind: 'status', status: 400, code: 'content_filter' }, 'content', 'content_filter'],
    [{ kind: 'failed', code: 'insufficient_quota' }, 'quota', 'insufficient_quota'],
    [{ kind: 'failed', code: 'invalid_prompt' }, 'content', 'invalid_prompt'],
    [{ kind: 'refusal', text: 'I cannot help with that.' }, 'content', 'refusal'],
    [{ kind: 'content-filter' }, 'content', 'content_filter'],
  ] as const)('takes no for an answer: %o', async (fault, reason, vendorCode) => {
    await using subject = await scene();
    subject.standIn.next(fault);
    const failure = await failureOf(subject.ai.reply(replyRequest()));
    expect(failure).toBeInstanceOf(ProviderRefused);
    expect(failure).toMatchObject({ reason, vendorCode, retryable: false });
    expect(subject.standIn.calls).toHaveLength(1);
  });

  it.each([
    ['image_parse_error', 'damaged'],
    ['invalid_image', 'damaged'],
    ['image_too_large', 'too_large'],
    ['unsupported_image_media_type', 'unsupported'],
    ['empty_image_file', 'empty'],
  ] as const)('blames the photo for %s', async (code, problem) => {
    await using subject = await scene();
    subject.standIn.next({ kind: 'status', status: 400, code });
    const failure = await failureOf(subject.ai.look(lookRequest()));
    expect(failure).toBeInstanceOf(MediaUnusable);
    expect(failure).toMatchObject({ problem });
  });

  it('keeps an answer that was cut off, and says so', async () => {
    await using subject = await scene();
    subject.standIn.next({ kind: 'incomplete', text: 'The first half' });
    expect(await subject.ai.reply(replyRequest())).toMatchObject({ text: 'The first half', cutOff: true });
  });

  it('marks a description that was cut off', async () => {
    await using subject = await scene();
    subject.standIn.next({ kind: 'incomplete', text: 'Page one, line one' });
    expect((await subject.ai.look(lookRequest())).text).toBe('Page one, line one\n[cut off here]');
  });

  it('asks once more with more room when thinking used it all, and counts both', async () => {
    await using subject = await scene();
    subject.standIn.next({ kind: 'incomplete' });
    subject.standIn.answers(() => 'It is 42 euros.');
    const { text, used } = await subject.ai.reply(replyRequest());
    expect(text).toBe('It is 42 euros.');
    const [first = 0, second = 0] = subject.standIn.calls.map(({ body }) =>
      Number(body.max_output_tokens ?? body.max_completion_tokens ?? body.max_tokens),
    );
    expect(second).toBeGreaterThan(first);
    // The stand-in bills 101 tokens for the thoughts alone.
    expect(used.completionTokens).toBeGreaterThan(101);
  });

  it('calls it unavailable when even more room brings no answer', async () => {
    await using subject = await scene();
    subject.standIn.next({ kind: 'incomplete' }, { kind: 'incomplete' });
    const failure = await failureOf(subject.ai.reply(replyRequest()));
    expect(failure).toMatchObject({ code: 'provider_unavailable', vendorCode: 'empty_answer' });
    expect(subject.standIn.calls).toHaveLength(2);
  });

  it('stops a call in flight and passes on why', async () => {
    await using subject = await scene();
    subject.standIn.next({ kind: 'silence' });
    const controller = new AbortController();
    const failure = failureOf(subject.ai.reply(replyRequest({ signal: controller.signal })));
    await subject.standIn.called(1);
    const why = new AppError('stopping', 'The lease was lost.', { retryable: true });
    controller.abort(why);
    expect(await failure).toBe(why);
    expect(subject.standIn.calls).toHaveLength(1);
  });
});

function sceneOf(create: (standIn: OpenAiStandIn) => Ai): () => Promise<Subject & AsyncDisposable> {
  return async () => {
    const standIn = await openOpenAiStandIn();
    return { standIn, ai: create(standIn), [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose]() };
  };
}
