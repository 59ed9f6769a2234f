import type { ServerResponse } from 'node:http';
import { ApiRefusal, type OpenAiEndpoint, type UploadedSound } from './openai-requests.ts';

/** What can go wrong, played once for one request. */
export type Fault =
  /** 429 for too many requests. */
  | { readonly kind: 'rate-limit'; readonly retryAfterSeconds?: number; readonly retryAfterMs?: number }
  /** 429 because the account has no money. */
  | { readonly kind: 'quota' }
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly param?: string }
  /** Closes the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Sends headers and half a body and then nothing more until the client gives up. */
  | { readonly kind: 'stall' }
  /** Sends nothing at all until the client gives up. */
  | { readonly kind: 'silence' }
  /** Answers properly after this time. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** A complete HTTP answer with half of the JSON. */
  | { readonly kind: 'truncated-json' }
  /** The output limit was reached; without `text` reasoning has eaten it all. */
  | { readonly kind: 'incomplete'; readonly text?: string }
  | { readonly kind: 'refusal'; readonly text: string }
  /** The provider's filter stopped the answer. */
  | { readonly kind: 'content-filter' }
  /** An answer without a word in it. */
  | { readonly kind: 'empty' }
  /** HTTP 200 with an error inside. */
  | { readonly kind: 'failed'; readonly code: string }
  /** HTTP 200 with exactly this body, for compatible servers' peculiarities. */
  | { readonly kind: 'body'; readonly body: unknown };

export type AnswerText = string | { readonly text: string; readonly usage?: object };
export interface SpokenWords {
  readonly text: string;
  /** ISO 639-1. */
  readonly language?: string;
  /** Replaces the usage object; null leaves it out. */
  readonly usage?: object | null;
}

/** Plays a fault; false when the request is to be answered after all. */
export async function play(
  fault: Fault,
  endpoint: OpenAiEndpoint,
  body: Readonly<Record<string, unknown>>,
  response: ServerResponse,
): Promise<boolean> {
  switch (fault.kind) {
    case 'rate-limit':
      if (fault.retryAfterSeconds !== undefined) response.setHeader('retry-after', fault.retryAfterSeconds);
      if (fault.retryAfterMs !== undefined) response.setHeader('retry-after-ms', fault.retryAfterMs);
      sendError(response, new ApiRefusal(429, 'Rate limit reached', 'rate_limit_exceeded'));
      return true;
    case 'quota':
      sendError(response, new ApiRefusal(429, 'You exceeded your current quota', 'insufficient_quota'));
      return true;
    case 'status':
      sendError(response, new ApiRefusal(fault.status, 'Scripted', fault.code ?? null, fault.param ?? null));
      return true;
    case 'drop':
      response.destroy();
      return true;
    case 'stall':
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"id": "resp_');
      return true;
    case 'silence':
      return true;
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return false;
    case 'truncated-json': {
      const whole = JSON.stringify(answerBody(endpoint, body, { text: 'This will not arrive.' }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(whole.slice(0, whole.length / 2));
      return true;
    }
    case 'body':
      sendJson(response, 200, fault.body);
      return true;
    case 'failed': {
      const error = { code: fault.code, message: 'Scripted' };
      const failed = { ...answerBody(endpoint, body, { text: '' }), status: 'failed', output: [], error };
      sendJson(response, 200, endpoint === 'responses' ? failed : { error });
      return true;
    }
    case 'incomplete':
      sendJson(
        response,
        200,
        answerBody(endpoint, body, { text: fault.text ?? '', cut: 'max_output_tokens' }),
      );
      return true;
    case 'refusal':
      sendJson(response, 200, answerBody(endpoint, body, { text: '', refusal: fault.text }));
      return true;
    case 'content-filter':
      sendJson(response, 200, answerBody(endpoint, body, { text: '', cut: 'content_filter' }));
      return true;
    case 'empty':
      sendJson(response, 200, answerBody(endpoint, body, { text: '' }));
      return true;
  }
}

interface Said {
  readonly text: string;
  readonly usage?: object | undefined;
  readonly refusal?: string;
  readonly cut?: 'max_output_tokens' | 'content_filter';
}

/** A whole answer of the language model, as the endpoint gives it. */
export function answerBody(
  endpoint: OpenAiEndpoint,
  body: Readonly<Record<string, unknown>>,
  said: Said,
): object {
  // About four characters a token, so that longer questions cost more, as they do.
  const input = Math.ceil(JSON.stringify(body).replace(/base64,[^"]+/g, '').length / 4);
  const output = Math.max(1, Math.ceil(said.text.length / 4)) + (said.cut ? 100 : 0);
  const created = Math.floor(Date.now() / 1000);
  if (endpoint === 'chat') {
    const reason = { max_output_tokens: 'length', content_filter: 'content_filter' };
    const usage = {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    };
    const message = {
      role: 'assistant',
      content: said.refusal ? null : said.text,
      refusal: said.refusal ?? null,
    };
    return {
      id: `chatcmpl-${created}`,
      object: 'chat.completion',
      created,
      model: body.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: said.cut ? reason[said.cut] : 'stop' }],
      usage: said.usage ?? usage,
    };
  }
  const usage = {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
  const text =
    said.text === '' ? [] : [{ type: 'output_text', text: said.text, annotations: [], logprobs: [] }];
  const content = said.refusal ? [{ type: 'refusal', refusal: said.refusal }] : text;
  const status = said.cut ? 'incomplete' : 'completed';
  const message = { type: 'message', id: 'msg_1', role: 'assistant', status, content };
  return {
    id: `resp_${created}`,
    object: 'response',
    created_at: created,
    status,
    error: null,
    incomplete_details: said.cut ? { reason: said.cut } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: body.model,
    output: [{ type: 'reasoning', id: 'rs_1', summary: [] }, ...(content.length > 0 ? [message] : [])],
    parallel_tool_calls: true,
    store: body.store ?? true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: said.usage ?? usage,
    metadata: {},
  };
}

/** A whole answer of the transcription model. */
export function transcript(
  body: Readonly<Record<string, unknown>>,
  { model, bytes }: UploadedSound,
  words: SpokenWords,
): object {
  const { text, language, usage } = words;
  // A voice note holds about 2 KB a second.
  const seconds = Math.max(1, Math.ceil(bytes.length / 2_000));
  if (model === 'whisper-1') {
    const billed = usage === null ? {} : { usage: usage ?? { type: 'duration', seconds } };
    if (body.response_format !== 'verbose_json') return { text, ...billed };
    const name = language && new Intl.DisplayNames(['en'], { type: 'language' }).of(language)?.toLowerCase();
    return {
      task: 'transcribe',
      language: name ?? 'english',
      duration: seconds,
      text,
      segments: [],
      ...billed,
    };
  }
  const tokens = {
    type: 'tokens',
    input_tokens: seconds * 10,
    input_token_details: { audio_tokens: seconds * 10, text_tokens: 0 },
    output_tokens: Math.ceil(text.length / 4),
    total_tokens: seconds * 10 + Math.ceil(text.length / 4),
  };
  const languages = model === 'gpt-transcribe' ? { languages: language ? [{ code: language }] : [] } : {};
  return { text, ...languages, ...(usage !== null && { usage: usage ?? tokens }) };
}

/** Refuses as the API does. */
export function sendError(response: ServerResponse, { status, message, code, param }: ApiRefusal): void {
  const type =
    status === 429 && code === 'insufficient_quota' ? 'insufficient_quota' : 'invalid_request_error';
  sendJson(response, status, { error: { message, type, param, code } });
}

/** Sends a whole JSON answer. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_standin' })
    .end(JSON.stringify(body));
}
