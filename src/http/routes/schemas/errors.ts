import { z } from 'zod';

const ErrorBody = z
  .object({
    error: z.object({
      code: z
        .string()
        .meta({ description: 'Stable name of the failure; decide on this.', examples: ['not_found'] }),
      message: z
        .string()
        .meta({ description: 'For people; may change.', examples: ['No user has this id.'] }),
      requestId: z
        .string()
        .optional()
        .meta({ description: 'Names the request in the log.', examples: ['req-7'] }),
    }),
  })
  .meta({
    id: 'Error',
    description: 'Every failure looks like this.',
    examples: [{ error: { code: 'not_found', message: 'No user has this id.', requestId: 'req-7' } }],
  });

const descriptions = {
  400: 'The request does not fit; the message names each field.',
  401: 'No valid token or password was given.',
  403: 'The signature or token does not prove who is calling. Nothing was stored.',
  404: 'There is nothing with this id.',
  409: 'It conflicts with what is already there.',
  413: 'The body is too large or has too many parameters.',
  415: 'The body is of a kind this route does not read.',
  429: 'Too many tries; wait as many seconds as Retry-After says.',
  500: 'Something went wrong on our side; the log has the cause under the request id.',
  503: 'Not now: the database cannot be reached. Try again after Retry-After seconds.',
} as const;

type Status = keyof typeof descriptions;
interface ErrorResponse {
  readonly description: string;
  readonly content: { readonly 'application/json': { readonly schema: typeof ErrorBody } };
}

/** The error part of a route's responses; 500 is always possible. */
export function failures<const S extends Status>(...statuses: S[]): Record<S | 500, ErrorResponse> {
  const entries = [...statuses, 500 as const].map((status) => [
    status,
    { description: descriptions[status], content: { 'application/json': { schema: ErrorBody } } },
  ]);
  return Object.fromEntries(entries) as Record<S | 500, ErrorResponse>;
}

/** A described JSON answer. */
export function json<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } } as const;
}
