import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** An error as Meta words it; without a code the body is empty. */
export interface MetaFault {
  readonly status: number;
  readonly code?: number;
  readonly subcode?: number;
  readonly details?: string;
  readonly isTransient?: boolean;
  readonly retryAfter?: number | string;
}

/** The HTTP status Meta answers each code with, where it is not 400. */
const statusOf: Readonly<Record<number, number>> = {
  0: 401,
  2: 503,
  3: 500,
  10: 403,
  190: 401,
  200: 403,
  368: 403,
  131000: 500,
  131005: 403,
  131016: 500,
  131031: 403,
  131045: 500,
};

/** The fault of a code, with the status Meta gives it. */
export function metaFault(code: number, over: Partial<MetaFault> = {}): MetaFault {
  return { status: statusOf[code] ?? 400, code, ...over };
}

/** Answers with an error's body. */
export function answerFault(response: ServerResponse, fault: MetaFault): void {
  const { status, code, subcode, details = 'Scripted failure', isTransient, retryAfter } = fault;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (code === undefined) return void response.writeHead(status).end();
  answerJson(response, status, {
    error: {
      message: `(#${code}) ${details}`,
      type: 'OAuthException',
      code,
      ...(subcode !== undefined && { error_subcode: subcode }),
      error_data: { messaging_product: 'whatsapp', details },
      ...(isTransient !== undefined && { is_transient: isTransient }),
      fbtrace_id: randomBytes(9).toString('base64url'),
    },
  });
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=UTF-8', 'facebook-api-version': 'v26.0' })
    .end(JSON.stringify(body));
}

/** What Meta says when it took a message. */
export function takenAnswer(message: Readonly<Record<string, unknown>>, id: string): object {
  const input = message.to ?? message.recipient;
  const person =
    message.to === undefined ? { user_id: input } : { wa_id: String(input).replaceAll(/\D/g, '') };
  return {
    messaging_product: 'whatsapp',
    contacts: [{ input, ...person }],
    messages: [{ id, ...(message.type === 'template' && { message_status: 'accepted' }) }],
  };
}
