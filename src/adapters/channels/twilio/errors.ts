import {
  type AppError,
  ProviderRefused,
  ProviderUnavailable,
  type RefusalReason,
} from '#src/domain/errors.ts';
import { isNeverSent, networkCode } from '#src/domain/network-failure.ts';

/** What is known about a call to Twilio that failed. */
export interface FailedCall {
  readonly error: unknown;
  /** HTTP status, when an answer began to arrive. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** True for calls that must not happen twice: then an unknown outcome is `uncertain`. */
  readonly creates: boolean;
}

/** Codes that a later attempt may get past: API concurrency, sender's rate, trouble at the channel's provider. */
const passing = new Set([20429, 63011, 63018, 63023]);

/** Those of them that only ask for a slower pace. */
const limits = new Set([20429, 63018]);

/** Codes that never pass, by what is wrong. See twilio.com/docs/api/errors. */
const refusals = new Map<number, RefusalReason>([
  [20003, 'credentials'],
  [20005, 'credentials'],
  [63016, 'window'],
  // Bad address, region not permitted, opted out, not on WhatsApp, sandbox not joined, Meta's refusal for this person.
  ...[21211, 21408, 21610, 21614, 63003, 63015, 63024, 63032, 63049].map(
    (code) => [code, 'recipient'] as const,
  ),
  // The sender's number, its registration, or the account's daily cap.
  ...[21212, 21606, 21660, 63007, 63008, 63020, 63038].map((code) => [code, 'configuration'] as const),
]);

/** The one place where Twilio's failures become ours. `vendorCode` is Twilio's code, the HTTP status or the network's error name. */
export function toAppError(call: FailedCall): AppError {
  const { error, status, retryAfterMs, creates } = call;
  const code = numberIn(error, 'code');
  if (status === undefined || (status >= 200 && status < 300)) {
    // A 2xx whose body is broken was carried out, only the id is unknown.
    const name = status === undefined ? networkCode(error) : `http_${status}_unreadable`;
    const uncertain = creates && !(status === undefined && isNeverSent(name));
    return new ProviderUnavailable('Twilio did not answer properly', {
      vendorCode: name,
      uncertain,
      cause: error,
    });
  }
  const vendorCode = code === undefined ? `http_${status}` : String(code);
  const known = code === undefined || status >= 500 ? undefined : refusals.get(code);
  // Known codes come before the status: the daily cap (63038) is a 429 that no waiting gets past today.
  if (known) return new ProviderRefused(known, 'Twilio refused the call', { vendorCode });
  if (status === 429 || status >= 500 || status === 408 || (code !== undefined && passing.has(code))) {
    // A failure inside Twilio may come after the message was queued; 503 is said before any work.
    const uncertain = creates && status >= 500 && status !== 503;
    const isLimit = status === 429 || (code !== undefined && limits.has(code));
    return new ProviderUnavailable('Twilio asks to come back later', {
      vendorCode,
      retryAfterMs,
      uncertain,
      rateLimit: isLimit && !uncertain ? 'everybody' : undefined,
    });
  }
  return new ProviderRefused(reasonFor(status), 'Twilio refused the call', { vendorCode });
}

function reasonFor(status: number): RefusalReason {
  if (status === 401) return 'credentials';
  // Twilio does not redirect its API: somebody else answers at this address.
  return status < 400 ? 'configuration' : 'request';
}

function numberIn(error: unknown, name: string): number | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}
