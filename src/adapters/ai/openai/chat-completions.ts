import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { z } from 'zod';
import { ProviderRefused } from '#src/domain/errors.ts';
import { fromErrorObject, unreadableAnswer } from './errors.ts';
import { type Answer, type Ask, cacheBreakpoints, type Question, type QuestionMessage } from './question.ts';
import type { ResponsesDeps } from './responses.ts';
import { consumption, count } from './usage.ts';

/**
 * Asks through the Chat Completions API, which every compatible server speaks (Ollama, vLLM, LM Studio, OpenRouter, Groq).
 * https://developers.openai.com/api/reference/resources/chat
 */
export function createChatCompletions(deps: ResponsesDeps): Ask {
  return async (question) => {
    const { client, timeoutMs } = deps;
    const body = toBody(question, deps);
    const answer = await client.post<unknown>('/chat/completions', {
      body,
      timeout: timeoutMs,
      signal: question.signal,
    });
    return toAnswer(answer, question, deps);
  };
}

function toBody(question: Question, deps: ResponsesDeps): ChatCompletionCreateParamsNonStreaming {
  const { officialHost, openAiModel, effort, cacheBreakpoints: canMark } = deps.dialectOf(question.model);
  const marked = officialHost && canMark ? cacheBreakpoints(question.messages) : undefined;
  const limit = question.maxOutputTokens;
  return {
    model: question.model,
    messages: [
      { role: 'system', content: question.instructions },
      ...question.messages.map((message, index) => {
        const isLast = index === question.messages.length - 1;
        if (isLast && question.imageUrl) return withImage(message.text, question.imageUrl, officialHost);
        return toMessage(message, marked && { isMarked: marked.has(index) });
      }),
    ],
    // OpenAI's models refuse the old name, other servers ignore the new one and would never stop.
    ...(openAiModel ? { max_completion_tokens: limit } : { max_tokens: limit }),
    ...(officialHost && {
      store: false,
      prompt_cache_key: deps.cacheKeyOf(question),
      safety_identifier: deps.safetyIdentifierOf(question.userId),
      ...(effort && { reasoning_effort: effort }),
    }),
    // As in responses.ts: what is not marked is not put into the cache, and not charged for.
    ...(marked && { prompt_cache_options: { mode: 'explicit' as const } }),
  };
}

/** @param mark undefined where there are no breakpoints */
function toMessage(
  { role, text }: QuestionMessage,
  mark: { readonly isMarked: boolean } | undefined,
): ChatCompletionMessageParam {
  if (role === 'assistant' || !mark) return { role, content: text };
  const breakpoint = mark.isMarked && { prompt_cache_breakpoint: { mode: 'explicit' as const } };
  return { role, content: [{ type: 'text', text, ...breakpoint }] };
}

function withImage(text: string, imageUrl: string, officialHost: boolean): ChatCompletionMessageParam {
  const image: ChatCompletionContentPart = {
    type: 'image_url',
    image_url: { url: imageUrl, ...(officialHost && { detail: 'high' }) },
  };
  return { role: 'user', content: [{ type: 'text', text }, image] };
}

const completionSchema = z.looseObject({
  model: z.string().optional().catch(undefined),
  error: z.looseObject({ code: z.unknown().optional(), type: z.unknown().optional() }).nullish().catch(null),
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish().catch(null),
        message: z.looseObject({
          content: z.union([z.string(), z.array(z.looseObject({ text: z.unknown().optional() }))]).nullish(),
          refusal: z.string().nullish().catch(null),
        }),
      }),
    )
    .nullish(),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

function toAnswer(body: unknown, question: Question, deps: ResponsesDeps): Answer {
  const parsed = completionSchema.safeParse(body);
  if (!parsed.success) throw unreadableAnswer();
  const { error, choices, usage } = parsed.data;
  if (error) throw fromErrorObject(error);
  const choice = choices?.[0];
  if (!choice) throw unreadableAnswer();
  if (choice.finish_reason === 'content_filter' || choice.message.refusal) {
    throw new ProviderRefused('content', 'The model declined to answer.', {
      vendorCode: choice.message.refusal ? 'refusal' : 'content_filter',
    });
  }
  return {
    text: withoutThoughts(inOneString(choice.message.content ?? '')),
    cutOff: choice.finish_reason === 'length',
    used: consumption(deps.billedModel(question.model, parsed.data.model), {
      promptTokens: usage?.prompt_tokens ?? 0,
      cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
      completionTokens: usage?.completion_tokens ?? 0,
    }),
  };
}

/** Some servers answer in parts, as questions may be. */
function inOneString(content: string | readonly { text?: unknown }[]): string {
  if (typeof content === 'string') return content;
  return content.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

/** Local reasoning models put their thoughts in front of the answer; cut off in the middle, there is no answer behind them. */
function withoutThoughts(text: string): string {
  return text.replace(/^\s*<think>[\s\S]*?(<\/think>|$)/, '').trim();
}
