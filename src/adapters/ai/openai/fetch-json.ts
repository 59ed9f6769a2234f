import { request } from 'undici';

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * `fetch` for OpenAI's client at half the processor time of the built-in one, through the same connections. It reads an answer to its
 * end before it hands it over, so that the time limit of a call covers the body too. Whatever is not a question in JSON (uploads) and
 * redirects are left to the built-in one.
 */
export async function fetchJson(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const { method, headers, body, signal } = init;
  const isQuestion = method === 'POST' && typeof body === 'string' && headers instanceof Headers;
  if (!isQuestion || input instanceof Request) return fetch(input, init);
  const answer = await request(input, {
    method,
    // Nothing here would unpack a compressed answer, and a few kilobytes are not worth packing.
    headers: { ...Object.fromEntries(headers), 'accept-encoding': 'identity' },
    body,
    signal: signal ?? null,
  });
  if (redirects.has(answer.statusCode)) {
    await answer.body.dump();
    return fetch(input, init);
  }
  const { statusCode: status } = answer;
  try {
    const text = await answer.body.text();
    return new Response(text || null, { status, headers: toHeaders(answer.headers) });
  } catch (error) {
    signal?.throwIfAborted();
    // As with the built-in one, the status is known and reading the body fails.
    const broken = new ReadableStream({ start: (controller) => controller.error(error) });
    return new Response(broken, { status, headers: toHeaders(answer.headers) });
  }
}

function toHeaders(received: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  return headers;
}
