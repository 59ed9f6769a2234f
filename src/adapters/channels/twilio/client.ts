import twilio from 'twilio';
import type { Dispatcher } from 'undici';
import { Agent } from 'undici';
import { ProviderRefused } from '#src/domain/errors.ts';
import { retryAfterMs } from '#src/domain/retry-after.ts';
import { toAppError } from './errors.ts';
import { OneCall } from './one-call.ts';

/** Calls Twilio's API through its SDK and turns every failure into an `AppError`. Never retries. */
export interface TwilioApi {
  /**
   * @param options.creates true for calls that must not happen twice
   * @throws ProviderUnavailable, ProviderRefused, or the signal's reason when it was aborted before the call
   */
  call<T>(
    work: (client: twilio.Twilio) => Promise<T>,
    options: { readonly signal: AbortSignal; readonly creates: boolean },
  ): Promise<T>;
}

/**
 * @param deps.baseUrl when set, every call goes to this origin whatever host the SDK chose
 */
export function createTwilioApi(deps: {
  readonly accountSid: string;
  readonly authToken: string;
  readonly baseUrl: string | undefined;
}): TwilioApi {
  // Idle connections do not keep the process alive, so nobody needs to close this.
  const dispatcher: Dispatcher = new Agent({
    connect: { timeout: 5_000 },
    allowH2: false,
    // Answers are a few kilobytes, a full page of messages under 1 MB.
    maxResponseSize: 4 * 1024 * 1024,
  });
  // The SDK loads its REST part when it is first used, for some 50 ms; at start that holds up nobody.
  if (deps.accountSid.startsWith('AC') && deps.authToken !== '')
    void twilio(deps.accountSid, deps.authToken).messages;
  return {
    async call(work, { signal, creates }) {
      signal.throwIfAborted();
      // The SDK throws plain errors for these, which say nothing that code could decide on.
      if (!deps.accountSid.startsWith('AC') || deps.authToken === '') {
        throw new ProviderRefused('credentials', 'No Twilio account is configured', {
          vendorCode: 'no_account',
        });
      }
      // One HTTP client a call: the SDK has no other way to hand over a signal or to show the answer's headers.
      const httpClient = new OneCall({ dispatcher, baseUrl: deps.baseUrl, signal });
      const client = twilio(deps.accountSid, deps.authToken, { httpClient, autoRetry: false });
      try {
        return await work(client);
      } catch (error) {
        throw toAppError({
          error,
          status: httpClient.answer?.statusCode,
          retryAfterMs: retryAfterMs(httpClient.answer?.headers['retry-after'], new Date()),
          creates,
        });
      }
    },
  };
}
