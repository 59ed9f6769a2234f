import type {
  ResponseCreateParamsNonStreaming,
  ResponseInputContent,
} from 'openai/resources/responses/responses';
import { z } from 'zod';
import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { OpenAiClient } from './client.ts';
import type { Dialect } from './dialect.ts';
import { fromErrorObject, unreadableAnswer } from './errors.ts';
import { type Answer, type Ask, cacheBreakpoints, type Question } from './question.ts';
import { consumption, count } from './usage.ts';

export interface ResponsesDeps {
  readonly client: OpenAiClient;
  readonly timeoutMs: number;
  readonly dialectOf: (model: string) => Dialect;
  /** Leads prompts with the same beginning to the same cache of the provider. */
  readonly cacheKeyOf: (question: Question) => string;
  /** Stands for a person without saying who it is. */
  readonly safetyIdentifierOf: (userId: string) => string;
  /** The name a consumption is priced by. */
  readonly billedModel: (asked: string, answered: string | undefined) => string;
}

/** Asks through the Responses API. https://developers.openai.com/api/reference/resources/responses */
export function createResponses(deps: ResponsesDeps): Ask {
  return async (question) => {
    const { client, timeoutMs } = deps;
    const body = toBody(question, deps);
    const answer = await client.post<unknown>('/responses', {
      body,
      timeout: timeoutMs,
      signal: question.signal,
    });
    return toAnswer(answer, question, deps);
  };
}

function toBody(question: Question, deps: ResponsesDeps): ResponseCreateParamsNonStreaming {
  const { openAiModel, effort, cacheBreakpoints: mustMark } = deps.dialectOf(question.model);
  const marked = mustMark ? cacheBreakpoints(question.messages) : undefined;
  return {
    model: question.model,
    instructions: question.instructions,
    input: question.messages.map(({ role, text }, index) => {
      const isLast = index === question.messages.length - 1;
      if (isLast && question.imageUrl) return { role, content: withImage(text, question.imageUrl) };
      // Always in the same form, marked or not: what is cached is what was sent.
      return { role, content: marked && role === 'user' ? [toBlock(text, marked.has(index))] : text };
    }),
    max_output_tokens: question.maxOutputTokens,
    // The default keeps every conversation at the provider for at least 30 days.
    store: false,
    // No temperature: reasoning models refuse it.
    ...(openAiModel && {
      prompt_cache_key: deps.cacheKeyOf(question),
      safety_identifier: deps.safetyIdentifierOf(question.userId),
      ...(effort && { reasoning: { effort } }),
    }),
    // Otherwise each prompt is put into the cache to its end, at 1.25 times the price, and never found there again.
    ...(marked && { prompt_cache_options: { mode: 'explicit' as const } }),
  };
}

function toBlock(text: string, isMarked: boolean): ResponseInputContent {
  return {
    type: 'input_text',
    text,
    ...(isMarked && { prompt_cache_breakpoint: { mode: 'explicit' as const } }),
  };
}

function withImage(text: string, imageUrl: string): ResponseInputContent[] {
  return [
    { type: 'input_text', text },
    { type: 'input_image', image_url: imageUrl, detail: 'high' },
  ];
}

/** Only what is used, and forgiving about the rest: other servers speak this API more or less. */
const responseSchema = z.looseObject({
  model: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  error: z.looseObject({ code: z.unknown().optional(), type: z.unknown().optional() }).nullish().catch(null),
  incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish().catch(null),
  output: z
    .array(
      z.looseObject({
        type: z.string(),
        phase: z.string().nullish().catch(null),
        content: z
          .array(z.looseObject({ type: z.string(), text: z.string().nullish() }))
          .nullish()
          .catch(null),
      }),
    )
    .nullish(),
  usage: z
    .looseObject({
      input_tokens: count,
      output_tokens: count,
      input_tokens_details: z.looseObject({ cached_tokens: count }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

function toAnswer(body: unknown, question: Question, deps: ResponsesDeps): Answer {
  const parsed = responseSchema.safeParse(body);
  if (!parsed.success) throw unreadableAnswer();
  const { status, error, incomplete_details: incomplete, usage } = parsed.data;
  if (status === 'failed' || error) throw fromErrorObject(error ?? {});
  if (status === 'cancelled' || status === 'queued' || status === 'in_progress') {
    throw new ProviderUnavailable('The model did not finish its answer.', { vendorCode: status });
  }
  const messages = (parsed.data.output ?? []).filter(({ type }) => type === 'message');
  // Thinking aloud on the way to the answer is not the answer.
  const final = messages.filter(({ phase }) => phase !== 'commentary');
  const content = final.flatMap((item) => item.content ?? []);
  if (incomplete?.reason === 'content_filter' || content.some(({ type }) => type === 'refusal')) {
    throw new ProviderRefused('content', 'The model declined to answer.', {
      vendorCode: incomplete?.reason ?? 'refusal',
    });
  }
  const text = content
    .filter(({ type }) => type === 'output_text')
    .map((part) => part.text ?? '')
    .join('');
  return {
    text: text.trim(),
    cutOff: status === 'incomplete',
    used: consumption(deps.billedModel(question.model, parsed.data.model), {
      promptTokens: usage?.input_tokens ?? 0,
      cachedTokens: usage?.input_tokens_details?.cached_tokens ?? 0,
      completionTokens: usage?.output_tokens ?? 0,
    }),
  };
}
