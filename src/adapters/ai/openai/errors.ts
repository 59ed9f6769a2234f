import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import {
  AppError,
  type MediaProblem,
  MediaUnusable,
  ProviderRefused,
  ProviderUnavailable,
  type RefusalReason,
} from '#src/domain/errors.ts';

/*
 * Every translation from OpenAI's failures to ours. The vendor's texts and error objects go no further: they quote keys, people's
 * words and answers. Codes: the error object of the API reference, ResponseError of the SDK, and Azure's content filter.
 */

const refusalByCode: Readonly<Record<string, RefusalReason>> = {
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  billing_not_active: 'quota',
  invalid_api_key: 'credentials',
  account_deactivated: 'credentials',
  content_filter: 'content',
  content_policy_violation: 'content',
  image_content_policy_violation: 'content',
  moderation_blocked: 'content',
  invalid_prompt: 'content',
  bio_policy: 'content',
  misalignment_policy_violation: 'content',
  ResponsibleAIPolicyViolation: 'content',
  data_residency_mismatch: 'request',
};

const problemByCode: Readonly<Record<string, MediaProblem>> = {
  invalid_image: 'damaged',
  invalid_image_format: 'damaged',
  invalid_base64_image: 'damaged',
  invalid_image_url: 'damaged',
  invalid_image_mode: 'damaged',
  image_parse_error: 'damaged',
  image_too_large: 'too_large',
  image_file_too_large: 'too_large',
  image_too_small: 'damaged',
  unsupported_image_media_type: 'unsupported',
  empty_image_file: 'empty',
};

/**
 * Turns whatever a call to the vendor threw into an AppError.
 * A call that was aborted by the caller gives the caller's own reason if that is an AppError, else `stopping` (retryable).
 */
export function toAppError(error: unknown, signal: AbortSignal): AppError {
  if (signal.aborted) return stopped(signal);
  if (error instanceof AppError) return error;
  if (error instanceof APIConnectionTimeoutError) {
    return new ProviderUnavailable('The model took too long to answer.', { vendorCode: 'timeout' });
  }
  if (error instanceof APIConnectionError) {
    return new ProviderUnavailable('The connection to the model failed.', { vendorCode: networkCode(error) });
  }
  if (error instanceof APIError && error.status !== undefined) {
    // Some fields of compatible servers are numbers or missing, whatever the types say.
    return fromStatus(
      error.status,
      error.headers,
      textOf(error.code),
      textOf(error.type),
      textOf(error.requestID),
    );
  }
  // What is left comes from reading the body: cut off, not JSON, or not what the API promises.
  return unreadableAnswer();
}

/** An error object that came inside a successful HTTP answer: a failed response, or OpenRouter's `error` beside no choices. */
export function fromErrorObject(error: { code?: unknown; type?: unknown }): AppError {
  const code = textOf(error.code);
  const status = Number(code);
  if (Number.isInteger(status) && status >= 400) {
    return fromStatus(status, undefined, undefined, textOf(error.type), undefined);
  }
  return (
    fromCode(code) ??
    fromCode(textOf(error.type)) ??
    new ProviderUnavailable('The model failed to answer.', { vendorCode: code ?? 'failed' })
  );
}

/** The answer arrived but cannot be used. */
export function unreadableAnswer(): ProviderUnavailable {
  return new ProviderUnavailable('The model sent an answer that cannot be read.', {
    vendorCode: 'unreadable_answer',
  });
}

/** The error for a call that its caller has aborted. */
export function stopped(signal: AbortSignal): AppError {
  if (signal.reason instanceof AppError) return signal.reason;
  return new AppError('stopping', 'The call to the model was stopped.', {
    retryable: true,
    cause: signal.reason,
  });
}

function fromStatus(
  status: number,
  headers: Headers | undefined,
  code: string | undefined,
  type: string | undefined,
  requestId: string | undefined,
): AppError {
  const known = fromCode(code) ?? fromCode(type);
  if (known) return known;
  const vendorCode = code ?? `http_${status}`;
  const said = `The model's provider answered ${status}${requestId ? ` (request ${requestId})` : ''}.`;
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return new ProviderUnavailable(said, { vendorCode, retryAfterMs: retryAfterMs(headers) });
  }
  if (status === 401 || status === 403) return new ProviderRefused('credentials', said, { vendorCode });
  // 402 is how resellers say that the prepaid credit is used up.
  if (status === 402) return new ProviderRefused('quota', said, { vendorCode });
  return new ProviderRefused('request', said, { vendorCode });
}

function fromCode(code: string | undefined): AppError | undefined {
  if (code === undefined) return undefined;
  if (Object.hasOwn(problemByCode, code)) {
    return new MediaUnusable(problemByCode[code] ?? 'damaged', `The model cannot read this file (${code}).`);
  }
  const reason = Object.hasOwn(refusalByCode, code) ? refusalByCode[code] : undefined;
  return (
    reason && new ProviderRefused(reason, `The model's provider refused (${code}).`, { vendorCode: code })
  );
}

const dayMs = 86_400_000;

/** `retry-after-ms` in milliseconds, or `retry-after` in seconds or as an HTTP date; a day at most. */
function retryAfterMs(headers: Headers | undefined): number | undefined {
  const exact = headers?.get('retry-after-ms') ?? '';
  const text = headers?.get('retry-after') ?? '';
  const plainNumber = /^\d+(\.\d+)?$/;
  let ms: number;
  if (plainNumber.test(exact)) ms = Number(exact);
  else if (plainNumber.test(text)) ms = Number(text) * 1_000;
  else ms = Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(dayMs, Math.max(0, ms));
}

/** The system's name of a network failure (ECONNRESET), wherever undici put it. */
function networkCode(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return 'connection';
}

/** A code or id fit for a log line; whatever else a server put in its place is left behind. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return /^[\w.-]{1,80}$/.test(text) ? text : undefined;
}
