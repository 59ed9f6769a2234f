import twilio from 'twilio';
import type { RequestOptions } from 'twilio/lib/base/RequestClient.js';
import type responses from 'twilio/lib/http/response.js';
import { type Dispatcher, request } from 'undici';
import { basicAuthorization } from './basic-authorization.ts';

/** From dialing to the last byte: Twilio answers within a second or two, and a person is waiting. */
const timeoutMs = 15_000;

/** The SDK's HTTP layer on undici: one origin if told so, an abort signal, one timeout, no redirects, no retries. */
export class OneCall extends twilio.RequestClient {
  /** Status and headers of the last answer, also of one whose body never arrived. */
  answer: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'> | undefined;
  readonly #options: { dispatcher: Dispatcher; baseUrl: string | undefined; signal: AbortSignal };

  constructor(options: { dispatcher: Dispatcher; baseUrl: string | undefined; signal: AbortSignal }) {
    super();
    this.#options = options;
  }

  override async request(call: RequestOptions): Promise<responses.default<never>> {
    const { dispatcher, baseUrl, signal } = this.#options;
    this.answer = undefined;
    const url = new URL(call.uri);
    appendTo(url.searchParams, call.params);
    const form = new URLSearchParams();
    appendTo(form, call.data);
    const answer = await request(baseUrl ? new URL(url.pathname + url.search, baseUrl) : url, {
      dispatcher,
      method: call.method.toUpperCase() as Dispatcher.HttpMethod,
      headers: {
        ...call.headers,
        authorization: basicAuthorization(call.username ?? '', call.password ?? ''),
      },
      body: call.data === undefined ? null : form.toString(),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    this.answer = answer;
    // An error's body is a comment on its status; a success without its body is an unknown outcome.
    const body = answer.statusCode < 300 ? answer.body.text() : answer.body.text().catch(() => '');
    return {
      statusCode: answer.statusCode,
      headers: answer.headers,
      // The SDK's types promise the parsed body, but it is the SDK itself that parses the text.
      body: (await body) as never,
      toString: () => `HTTP ${answer.statusCode}`,
    };
  }
}

/** Lists become repeated parameters, as Twilio wants them. */
function appendTo(params: URLSearchParams, values: object | undefined): void {
  for (const [name, value] of Object.entries(values ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined) params.append(name, String(item));
    }
  }
}
