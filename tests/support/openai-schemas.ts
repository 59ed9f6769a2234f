import { z } from 'zod';

/*
 * What OpenAI accepts, after its published API reference and SDK: unknown fields are refused, as the real API does. Fields that
 * the product has no use for are known by name only.
 */

const anything = z.unknown();
const modelName = z.string().min(1).max(256);
const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
const detail = z.enum(['low', 'high', 'auto', 'original']);
const wellFormed = z
  .string()
  .max(10_485_760)
  .refine((text) => text.isWellFormed(), 'must be valid Unicode')
  .refine((text) => !text.includes('\0'), 'must not contain NUL');
/** What both APIs take alike. */
const ofBoth = {
  store: z.boolean().nullish(),
  prompt_cache_key: z.string().min(1).max(64).nullish(),
  prompt_cache_options: z.strictObject({ mode: z.enum(['implicit', 'explicit']) }).optional(),
  safety_identifier: z.string().min(1).max(128).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  stream: z.literal(false).nullish(),
};

/** Marks the end of what can be served from the cache. */
const breakpoint = { prompt_cache_breakpoint: z.strictObject({ mode: z.literal('explicit') }).optional() };
const inputText = z.strictObject({
  type: z.literal('input_text'),
  text: wellFormed.min(1),
  ...breakpoint,
});
const inputImage = z.strictObject({
  type: z.literal('input_image'),
  image_url: z.string().optional(),
  file_id: z.string().optional(),
  detail: detail.optional(),
});
const inputFile = z.strictObject({
  type: z.literal('input_file'),
  file_id: z.string().optional(),
  file_url: z.string().optional(),
  file_data: z.string().optional(),
  filename: z.string().optional(),
  detail: z.enum(['auto', 'low', 'high']).optional(),
});
const outputText = z.strictObject({
  type: z.literal('output_text'),
  text: wellFormed,
  annotations: z.array(anything).optional(),
});

const inputMessage = z.discriminatedUnion('role', [
  z.strictObject({
    type: z.literal('message').optional(),
    role: z.enum(['user', 'system', 'developer']),
    content: z.union([wellFormed.min(1), z.array(z.union([inputText, inputImage, inputFile])).min(1)]),
  }),
  z.strictObject({
    type: z.literal('message').optional(),
    role: z.literal('assistant'),
    phase: z.enum(['commentary', 'final_answer']).nullish(),
    // The real API refuses input_text parts in an assistant's message.
    content: z.union([wellFormed.min(1), z.array(outputText).min(1)]),
  }),
]);

/** `POST /v1/responses`. */
export const responsesRequest = z.strictObject({
  model: modelName,
  instructions: wellFormed.nullish(),
  input: z.union([wellFormed.min(1), z.array(inputMessage).min(1)]),
  max_output_tokens: z.int().min(16).nullish(),
  reasoning: z
    .strictObject({ effort: effort.nullish(), summary: anything, mode: anything, context: anything })
    .partial()
    .nullish(),
  ...ofBoth,
  include: z.array(z.string()).nullish(),
  text: z.strictObject({ format: anything, verbosity: anything }).partial().optional(),
  tools: z.array(anything).optional(),
  ...unused('access_programs background context_management conversation image max_tool_calls moderation'),
  ...unused('parallel_tool_calls previous_response_id prompt prompt_cache_retention'),
  ...unused('service_tier stream_options tool_choice top_logprobs truncation user'),
});

const chatText = z.strictObject({ type: z.literal('text'), text: wellFormed.min(1), ...breakpoint });
const chatImage = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: z.string(), detail: z.enum(['low', 'high', 'auto']).optional() }),
});

/** `POST /v1/chat/completions`. */
export const chatRequest = z.strictObject({
  model: modelName,
  messages: z
    .array(
      z.discriminatedUnion('role', [
        z.strictObject({
          role: z.enum(['system', 'developer']),
          content: z.union([wellFormed, z.array(chatText).min(1)]),
          name: z.string().optional(),
        }),
        z.strictObject({
          role: z.literal('user'),
          content: z.union([wellFormed.min(1), z.array(z.union([chatText, chatImage])).min(1)]),
          name: z.string().optional(),
        }),
        z.strictObject({
          role: z.literal('assistant'),
          content: z.union([wellFormed, z.array(chatText).min(1)]).nullish(),
          refusal: z.string().nullish(),
          ...unused('audio function_call name tool_calls'),
        }),
      ]),
    )
    .min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  reasoning_effort: effort.nullish(),
  ...ofBoth,
  n: z.literal(1).nullish(),
  tools: z.array(anything).optional(),
  ...unused('audio frequency_penalty function_call functions logit_bias logprobs modalities moderation'),
  ...unused('parallel_tool_calls prediction presence_penalty prompt_cache_retention'),
  ...unused('response_format seed service_tier stop stream_options tool_choice top_logprobs user verbosity'),
  ...unused('web_search_options'),
});

/** The text fields of `POST /v1/audio/transcriptions`; the file is checked apart. */
export const transcriptionRequest = z.strictObject({
  model: modelName,
  response_format: z.enum(['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json']).optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/)
    .optional(),
  prompt: wellFormed.optional(),
  temperature: z.coerce.number().min(0).max(1).optional(),
  stream: z.enum(['false']).optional(),
  ...unused('chunking_strategy include[] keywords[] languages[] timestamp_granularities[]'),
});

export type ResponsesRequest = z.infer<typeof responsesRequest>;
export type ChatRequest = z.infer<typeof chatRequest>;

/** Documented fields whose values are not looked at. */
function unused(names: string): Record<string, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, z.unknown().optional()]));
}

/** Formats the transcription API takes, by the extension of the file's name. */
export const soundExtensions = ['flac', 'mp3', 'mp4', 'mpeg', 'mpga', 'm4a', 'ogg', 'wav', 'webm'];

/** What is wrong with a valid-looking request for this model, as the API's error; undefined when nothing is. */
export function modelObjection(
  model: string,
  body: { temperature?: unknown; top_p?: unknown; max_tokens?: unknown; tools?: unknown },
  askedEffort: string | null | undefined,
  api: 'responses' | 'chat',
): { code: string; param: string } | undefined {
  const reasons = /^(gpt-[56]|o\d)/.test(model);
  const openAis = reasons || /^(gpt-|whisper)/.test(model);
  if (!reasons && openAis && askedEffort) return { code: 'unsupported_parameter', param: 'reasoning' };
  if (!reasons) return undefined;
  const thinks = askedEffort !== 'none';
  if (body.max_tokens !== undefined) return { code: 'unsupported_parameter', param: 'max_tokens' };
  if (thinks && typeof body.temperature === 'number')
    return { code: 'unsupported_parameter', param: 'temperature' };
  if (thinks && typeof body.top_p === 'number') return { code: 'unsupported_parameter', param: 'top_p' };
  if (!thinks && /^(gpt-6-astra|gpt-6\.1-sol)/.test(model))
    return { code: 'unsupported_value', param: 'reasoning' };
  if (thinks && api === 'chat' && Array.isArray(body.tools))
    return { code: 'unsupported_value', param: 'tools' };
  return undefined;
}
