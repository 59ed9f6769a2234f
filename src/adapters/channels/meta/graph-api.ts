import { ProviderRefused } from '#src/domain/errors.ts';
import { retryAfterMs } from '#src/domain/retry-after.ts';
import type { ApiAnswer, Exchange, UploadForm } from '#src/ports/exchange.ts';
import { withinTime } from '../within-time.ts';
import { toAppError } from './failed-call.ts';

/** From dialing to the last byte: Meta answers within a second or two, and a person is waiting. */
const usualTimeoutMs = 15_000;

/** One call to the Graph API. */
export interface GraphCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The parts of the path after the version, as they are: what is not safe in a path is escaped here. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly json?: object | undefined;
  /** Sent as multipart/form-data. */
  readonly form?: UploadForm | undefined;
  /** True for what must not happen twice: an unknown outcome is `uncertain` then. */
  readonly creates?: boolean;
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** Calls Meta's Graph API and turns every failure into an `AppError`. Never retries, never follows redirects. */
export interface GraphApi {
  /**
   * @returns the answer's JSON, which is always an object
   * @throws ProviderUnavailable, ProviderRefused, or the signal's reason when it was aborted before the call, or during a GET
   */
  call(call: GraphCall): Promise<Readonly<Record<string, unknown>>>;
}

/** Who calls, and where. */
export interface GraphApiDeps {
  readonly accessToken: string;
  /** `v26.0` */
  readonly apiVersion: string;
  /** `https://graph.facebook.com`, or what stands in for it. */
  readonly baseUrl: string;
  readonly exchange: Exchange;
}

export function createGraphApi({ accessToken, apiVersion, baseUrl, exchange }: GraphApiDeps): GraphApi {
  const { origin, pathname } = new URL(baseUrl);
  const root = `${pathname.replace(/\/+$/, '')}/${encodeURIComponent(apiVersion)}`;
  function ask({ method, path, query, json, form }: GraphCall, signal: AbortSignal): Promise<ApiAnswer> {
    const search = query ? `?${new URLSearchParams(query)}` : '';
    const url = `${origin}${root}/${path.map(encodeURIComponent).join('/')}${search}`;
    const headers = { authorization: `Bearer ${accessToken}` };
    if (!json) return exchange({ url, method, headers, body: form ?? null }, signal);
    const body = JSON.stringify(json);
    return exchange(
      { url, method, headers: { ...headers, 'content-type': 'application/json' }, body },
      signal,
    );
  }

  return {
    async call(call) {
      call.signal.throwIfAborted();
      if (accessToken === '') {
        throw new ProviderRefused('credentials', 'No WhatsApp access token is configured', {
          vendorCode: 'no_account',
        });
      }
      let answer: ApiAnswer | undefined;
      let body: unknown;
      try {
        answer = await withinTime(call.signal, call.timeoutMs ?? usualTimeoutMs, (signal) =>
          ask(call, signal),
        );
        // An error's body is a comment on its status; a success without its body is an unknown outcome.
        body = parsed(answer.body);
        if (answer.status >= 200 && answer.status < 300 && isObject(body)) return body;
        throw new Error(answer.brokenBy ?? `Meta answered ${answer.status}`);
      } catch (error) {
        // Whoever only asked needs no more than the caller's own reason; whoever changes something must hear what became of it.
        if (call.method === 'GET') call.signal.throwIfAborted();
        throw toAppError({
          error,
          status: answer?.status,
          body,
          retryAfterMs: retryAfterMs(answer?.headers['retry-after'], new Date()),
          creates: call.creates ?? false,
        });
      }
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
