import twilio from 'twilio';
import { ProviderRefused } from '#src/domain/errors.ts';
import { retryAfterMs } from '#src/domain/retry-after.ts';
import type { Exchange } from '#src/ports/exchange.ts';
import { toAppError } from './errors.ts';
import { type TwilioCall, TwilioHttpClient } from './http-client.ts';

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
  readonly exchange: Exchange;
}): TwilioApi {
  const { accountSid, authToken } = deps;
  const httpClient = new TwilioHttpClient(deps);
  // The SDK throws plain errors for these, which say nothing that code could decide on.
  const isConfigured = accountSid.startsWith('AC') && authToken !== '';
  const client = isConfigured ? twilio(accountSid, authToken, { httpClient, autoRetry: false }) : undefined;
  // The SDK loads its REST part when it is first used, for some 50 ms; at start that holds up nobody.
  void client?.messages;
  return {
    async call(work, { signal, creates }) {
      signal.throwIfAborted();
      if (!client) {
        throw new ProviderRefused('credentials', 'No Twilio account is configured', {
          vendorCode: 'no_account',
        });
      }
      const call: TwilioCall = { signal };
      try {
        return await httpClient.during(call, () => work(client));
      } catch (error) {
        throw toAppError({
          error,
          status: call.answer?.status,
          retryAfterMs: retryAfterMs(call.answer?.headers['retry-after'], new Date()),
          creates,
        });
      }
    },
  };
}
