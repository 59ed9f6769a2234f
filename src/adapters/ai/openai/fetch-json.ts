import type { ApiAnswer, ApiRequest, Exchange, UploadForm } from '#src/ports/exchange.ts';

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * `fetch` for OpenAI's client over an exchange, at a third of the built-in one's processor time. An answer is read to its end before
 * it is handed over, so that the time limit of a call covers the body too. Whatever is no question in JSON, and redirects, are left
 * to the built-in one.
 */
export function createFetchJson(exchange: Exchange): typeof fetch {
  return async (input, init = {}) => {
    const { method, headers, body } = init;
    const isQuestion = method === 'POST' && typeof body === 'string' && headers instanceof Headers;
    if (!isQuestion || input instanceof Request) return fetch(input, init);
    const answer = await send(exchange, input, init, body);
    return redirects.has(answer.status) ? fetch(input, init) : toResponse(answer);
  };
}

/** `fetch` for OpenAI's client that sends this form over an exchange, whatever body it is asked to send. */
export function createFetchForm(exchange: Exchange, form: UploadForm): typeof fetch {
  return async (input, init = {}) =>
    toResponse(await send(exchange, input instanceof Request ? input.url : input, init, form));
}

async function send(
  exchange: Exchange,
  url: string | URL,
  { headers, signal }: RequestInit,
  body: ApiRequest['body'],
): Promise<ApiAnswer> {
  const answer = await exchange(
    {
      url: String(url),
      method: 'POST',
      // Nothing here would unpack a compressed answer, and a few kilobytes are not worth packing.
      headers: { ...Object.fromEntries(headersOf(headers)), 'accept-encoding': 'identity' },
      body,
    },
    signal ?? new AbortController().signal,
  );
  if (answer.brokenBy !== undefined) signal?.throwIfAborted();
  return answer;
}

/** The client's own need no copy. */
function headersOf(headers: RequestInit['headers']): Headers {
  return headers instanceof Headers ? headers : new Headers(headers);
}

function toResponse({ status, headers: received, body, brokenBy }: ApiAnswer): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  if (brokenBy === undefined) return new Response(body || null, { status, headers });
  // As with the built-in one, the status is known and reading the body fails.
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error(brokenBy)) });
  return new Response(broken, { status, headers });
}
