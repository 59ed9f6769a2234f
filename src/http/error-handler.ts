import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AppError, type ErrorCode } from '#src/domain/errors.ts';
import { drain } from './drain.ts';
import { HttpError } from './http-error.ts';

/** The one shape of every failure, whatever the route. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly requestId?: string };
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const statusOf: Record<ErrorCode, number> = {
  not_found: 404,
  media_unusable: 422,
  provider_refused: 502,
  provider_unavailable: 503,
  stopping: 503,
  ends_its_process: 503,
  storage_unavailable: 503,
  lost_lease: 503,
  opted_out: 409,
  called_back: 503,
  settings_wrong: 500,
  already_running: 500,
};

const codeOf: Readonly<Record<number, string>> = {
  400: 'bad_request',
  404: 'not_found',
  413: 'too_large',
  414: 'too_large',
  415: 'unsupported_media_type',
  503: 'unavailable',
};

/** Turns whatever was thrown into the error body. Server faults are logged with their cause and answered without it. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toRefusal(error, request.routeOptions.bodyLimit);
  const facts = {
    status: refusal.status,
    code: refusal.code,
    method: request.method,
    route: request.routeOptions.url,
  };
  // The address itself stays out of the log: its query may carry tokens.
  if (refusal.status >= 500) request.log.error({ ...facts, err: error }, 'request failed');
  else request.log.debug(facts, 'request refused');
  if (refusal.status === 413) {
    // Fastify would close the connection with the answer, under the hands of whoever is still sending.
    reply.removeHeader('connection');
    drain(request.raw, reply.raw);
  }
  return reply
    .code(refusal.status)
    .headers({ 'cache-control': 'no-store', ...refusal.headers })
    .type('application/json; charset=utf-8')
    .send(toErrorBody(refusal.code, refusal.message, request.id));
}

/** Answers what no route answers. */
export function handleNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return handleError(new HttpError(404, 'not_found', 'There is nothing at this address.'), request, reply);
}

/** The error body for code that has no request at hand. */
export function toErrorBody(code: string, message: string, requestId?: string): ErrorBody {
  return { error: { code, message, ...(requestId === undefined ? {} : { requestId }) } };
}

function toRefusal(error: unknown, bodyLimit: number | undefined): Refusal {
  if (error instanceof HttpError) return { ...pick(error), status: error.statusCode };
  if (error instanceof AppError) return fromAppError(error);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(
      ({ instancePath, message }) =>
        `${fieldOf(instancePath) || (error.validationContext ?? 'request')}: ${message}`,
    );
    return { status: 400, code: 'invalid_request', message: faults.join('; ') };
  }
  if (
    bodyLimit !== undefined &&
    (error as Partial<FastifyError> | null)?.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
  )
    return { status: 413, code: 'too_large', message: `The body is larger than ${inBytes(bodyLimit)}.` };
  const status = error instanceof Error ? ((error as Partial<FastifyError>).statusCode ?? 500) : 500;
  if (status < 400 || status >= 500) return internal(status === 503 ? 503 : 500);
  return {
    status,
    code: codeOf[status] ?? 'bad_request',
    // Fastify's own refusals (malformed JSON) are written for callers; a plugin's may not be.
    message:
      error instanceof Error && /^FST_/.test((error as Partial<FastifyError>).code ?? '')
        ? error.message
        : (STATUS_CODES[status] ?? 'Bad request'),
  };
}

function fromAppError(error: AppError): Refusal {
  const status = statusOf[error.code];
  if (status >= 500 && !error.retryable) return { ...internal(status), code: error.code };
  const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 5_000) / 1000));
  return {
    status,
    code: error.code,
    message: error.message,
    ...(status === 503 ? { headers: { 'retry-after': String(seconds) } } : {}),
  };
}

function internal(status: number): Refusal {
  return {
    status,
    code: codeOf[status] ?? 'internal',
    message: 'Something went wrong on our side; the log tells what.',
  };
}

function inBytes(limit: number): string {
  const megabytes = limit / 1024 ** 2;
  return megabytes < 1 ? `${limit / 1024} KB` : `${megabytes} MB`;
}

function pick({ code, message, headers }: HttpError) {
  return { code, message, headers };
}

/** `/media/0/type` → `media.0.type`. */
function fieldOf(instancePath: string): string {
  return instancePath.split('/').filter(Boolean).join('.');
}
