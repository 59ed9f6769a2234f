import type { ApiAnswer, Exchange } from '#src/adapters/exchange/exchange.ts';

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * `fetch` for OpenAI's client over an exchange, at a third of the built-in one's processor time. An answer is read to its end before
 * it is handed over, so that the time limit of a call covers the body too. Whatever is not a question in JSON (uploads) and redirects
 * are left to the built-in one.
 */
export function createFetchJson(exchange: Exchange): typeof fetch {
  return async (input, init = {}) => {
    const { method, headers, body, signal } = init;
    const isQuestion = method === 'POST' && typeof body === 'string' && headers instanceof Headers;
    if (!isQuestion || input instanceof Request) return fetch(input, init);
    const answer = await exchange(
      {
        url: String(input),
        method,
        // Nothing here would unpack a compressed answer, and a few kilobytes are not worth packing.
        headers: { ...Object.fromEntries(headers), 'accept-encoding': 'identity' },
        body,
      },
      signal ?? new AbortController().signal,
    );
    if (redirects.has(answer.status)) return fetch(input, init);
    if (answer.brokenBy !== undefined) signal?.throwIfAborted();
    return toResponse(answer);
  };
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
