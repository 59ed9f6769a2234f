import { Agent, type Dispatcher, type FormData } from 'undici';
import { ProviderRefused } from '#src/domain/errors.ts';
import { retryAfterMs } from '#src/domain/retry-after.ts';
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
  readonly form?: FormData | undefined;
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
}

export function createGraphApi({ accessToken, apiVersion, baseUrl }: GraphApiDeps): GraphApi {
  const { origin, pathname } = new URL(baseUrl);
  const root = `${pathname.replace(/\/+$/, '')}/${encodeURIComponent(apiVersion)}`;
  // Idle connections do not keep the process alive, so nobody needs to close this.
  const dispatcher = new Agent({
    connect: { timeout: 5_000 },
    allowH2: false,
    // Answers are a few kilobytes, a page of templates under 1 MB.
    maxResponseSize: 4 * 1024 * 1024,
  });

  function ask(call: GraphCall, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const query = call.query ? `?${new URLSearchParams(call.query)}` : '';
    return dispatcher.request({
      origin,
      path: `${root}/${call.path.map(encodeURIComponent).join('/')}${query}`,
      method: call.method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(call.json && { 'content-type': 'application/json' }),
      },
      body: call.json ? JSON.stringify(call.json) : (call.form ?? null),
      signal,
    });
  }

  return {
    async call(call) {
      call.signal.throwIfAborted();
      if (accessToken === '') {
        throw new ProviderRefused('credentials', 'No WhatsApp access token is configured', {
          vendorCode: 'no_account',
        });
      }
      let answer: Dispatcher.ResponseData | undefined;
      let body: unknown;
      try {
        return await withinTime(call.signal, call.timeoutMs ?? usualTimeoutMs, async (signal) => {
          answer = await ask(call, signal);
          const isSuccess = answer.statusCode >= 200 && answer.statusCode < 300;
          // An error's body is a comment on its status; a success without its body is an unknown outcome.
          const text = await (isSuccess ? answer.body.text() : answer.body.text().catch(() => ''));
          body = parsed(text);
          if (isSuccess && isObject(body)) return body;
          throw new Error(`Meta answered ${answer.statusCode}`);
        });
      } catch (error) {
        // Whoever only asked needs no more than the caller's own reason; whoever changes something must hear what became of it.
        if (call.method === 'GET') call.signal.throwIfAborted();
        throw toAppError({
          error,
          status: answer?.statusCode,
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
