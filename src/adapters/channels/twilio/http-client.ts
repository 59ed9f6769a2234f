import { AsyncLocalStorage } from 'node:async_hooks';
import twilio from 'twilio';
import type { RequestOptions } from 'twilio/lib/base/RequestClient.js';
import type responses from 'twilio/lib/http/response.js';
import type { ApiAnswer, ApiRequest, Exchange } from '#src/ports/exchange.ts';
import { withinTime } from '../within-time.ts';
import { basicAuthorization } from './basic-authorization.ts';

/** From dialing to the last byte: Twilio answers within a second or two, and a person is waiting. */
const timeoutMs = 15_000;

/** One call: what its caller brings, and what came back. */
export interface TwilioCall {
  readonly signal: AbortSignal;
  /** Status and headers of the last answer, also of one whose body never arrived. */
  answer?: ApiAnswer | undefined;
}

/** The SDK's HTTP layer over an exchange: one origin if told so, an abort signal, one timeout, no redirects, no retries. */
export class TwilioHttpClient extends twilio.RequestClient {
  readonly #origin: string | undefined;
  readonly #exchange: Exchange;
  // The SDK has no way to hand a signal through or to show the answer's headers, and a client of its own for each call would cost
  // as much processor time as the call.
  readonly #calls = new AsyncLocalStorage<TwilioCall>();

  /** @param options.baseUrl when set, every call goes to this origin whatever host the SDK chose */
  constructor(options: { readonly baseUrl: string | undefined; readonly exchange: Exchange }) {
    super();
    this.#exchange = options.exchange;
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
    const answer = await withinTime(call.signal, timeoutMs, (signal) =>
      this.#exchange(toRequest(options, this.#origin), signal),
    );
    call.answer = answer;
    const { status, headers, body, brokenBy } = answer;
    // An error's body is a comment on its status; a success without its body is an unknown outcome.
    if (brokenBy !== undefined && status < 300) throw Object.assign(new Error(brokenBy), { code: brokenBy });
    return {
      statusCode: status,
      headers,
      // The SDK's types promise the parsed body, but it is the SDK itself that parses the text.
      body: body as never,
      toString: () => `HTTP ${status}`,
    };
  }
}

function toRequest(options: RequestOptions, origin: string | undefined): ApiRequest {
  const url = new URL(options.uri);
  appendTo(url.searchParams, options.params);
  const form = new URLSearchParams();
  appendTo(form, options.data);
  return {
    url: (origin ?? url.origin) + url.pathname + url.search,
    method: options.method.toUpperCase() as ApiRequest['method'],
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
