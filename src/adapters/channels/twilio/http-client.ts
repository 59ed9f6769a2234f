import { AsyncLocalStorage } from 'node:async_hooks';
import twilio from 'twilio';
import type { RequestOptions } from 'twilio/lib/base/RequestClient.js';
import type responses from 'twilio/lib/http/response.js';
import { Agent, type Dispatcher } from 'undici';
import { withinTime } from '../within-time.ts';
import { basicAuthorization } from './basic-authorization.ts';

/** From dialing to the last byte: Twilio answers within a second or two, and a person is waiting. */
const timeoutMs = 15_000;

/** One call: what its caller brings, and what came back. */
export interface TwilioCall {
  readonly signal: AbortSignal;
  /** Status and headers of the last answer, also of one whose body never arrived. */
  answer?: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'> | undefined;
}

/** The SDK's HTTP layer on undici: one origin if told so, an abort signal, one timeout, no redirects, no retries. */
export class TwilioHttpClient extends twilio.RequestClient {
  readonly #origin: string | undefined;
  // Idle connections do not keep the process alive, so nobody needs to close this.
  readonly #dispatcher = new Agent({
    connect: { timeout: 5_000 },
    allowH2: false,
    // Answers are a few kilobytes, a full page of messages under 1 MB.
    maxResponseSize: 4 * 1024 * 1024,
  });
  // The SDK has no way to hand a signal through or to show the answer's headers, and a client of its own for each call would cost
  // as much processor time as the call.
  readonly #calls = new AsyncLocalStorage<TwilioCall>();

  /** @param options.baseUrl when set, every call goes to this origin whatever host the SDK chose */
  constructor(options: { readonly baseUrl: string | undefined }) {
    super();
    this.#origin = options.baseUrl ? new URL(options.baseUrl).origin : undefined;
  }

  /** Every request that `work` makes, however many calls run at the same time, belongs to `call`. */
  during<T>(call: TwilioCall, work: () => Promise<T>): Promise<T> {
    return this.#calls.run(call, work);
  }

  override async request(options: RequestOptions): Promise<responses.default<never>> {
    const call = this.#calls.getStore();
    if (!call) throw new Error('A request to Twilio belongs to a call');
    call.answer = undefined;
    return withinTime(call.signal, timeoutMs, async (signal) => {
      const answer = await this.#dispatcher.request({ ...toRequest(options, this.#origin), signal });
      call.answer = answer;
      // An error's body is a comment on its status; a success without its body is an unknown outcome.
      const body = answer.statusCode < 300 ? answer.body.text() : answer.body.text().catch(() => '');
      return {
        statusCode: answer.statusCode,
        headers: answer.headers,
        // The SDK's types promise the parsed body, but it is the SDK itself that parses the text.
        body: (await body) as never,
        toString: () => `HTTP ${answer.statusCode}`,
      };
    });
  }
}

function toRequest(options: RequestOptions, origin: string | undefined): Dispatcher.RequestOptions {
  const url = new URL(options.uri);
  appendTo(url.searchParams, options.params);
  const form = new URLSearchParams();
  appendTo(form, options.data);
  return {
    origin: origin ?? url.origin,
    path: url.pathname + url.search,
    method: options.method.toUpperCase() as Dispatcher.HttpMethod,
    headers: {
      ...options.headers,
      authorization: basicAuthorization(options.username ?? '', options.password ?? ''),
    },
    body: options.data === undefined ? null : form.toString(),
  };
}

/** Lists become repeated parameters, as Twilio wants them. */
function appendTo(params: URLSearchParams, values: object | undefined): void {
  for (const [name, value] of Object.entries(values ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined) params.append(name, String(item));
    }
  }
}
