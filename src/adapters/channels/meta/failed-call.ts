import { type AppError, ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import { isNeverSent, networkCode } from '#src/domain/network-failure.ts';
import { classifyMetaError, rateLimitOf } from './errors.ts';

/** Meta's subcode of 100, and a code of its own, for an object that does not exist or may not be seen. */
const objectMissing = 33;

/** What is known about a call to Meta that failed. */
export interface FailedCall {
  readonly error: unknown;
  /** HTTP status, when an answer began to arrive. */
  readonly status: number | undefined;
  /** The parsed JSON of the answer; undefined when it was none. */
  readonly body: unknown;
  readonly retryAfterMs: number | undefined;
  /** True for calls that must not happen twice: then an unknown outcome is `uncertain`. */
  readonly creates: boolean;
}

/**
 * The one place where failed calls to Meta become ours. `vendorCode` is Meta's code, the HTTP status or the network's error name.
 * Meta's own words are left out: they can name people.
 */
export function toAppError(call: FailedCall): AppError {
  const { status, creates, error: cause } = call;
  if (status === undefined || (status >= 200 && status < 300)) {
    // A 2xx whose body is broken was carried out, only the id is unknown.
    const vendorCode = status === undefined ? networkCode(cause) : `http_${status}_unreadable`;
    const uncertain = creates && !(status === undefined && isNeverSent(vendorCode));
    return new ProviderUnavailable('Meta did not answer properly', { vendorCode, uncertain, cause });
  }
  const told = readError(call.body);
  // Codes come before the status: a missing capability (3) is a 500 that no waiting gets past.
  const known = told.code === undefined ? undefined : classifyMetaError(told.code);
  // An invalid parameter (100) says less than that something is not there.
  const isMissing = status === 404 && (told.code === 100 || told.code === objectMissing);
  const vendorCode = told.code === undefined || isMissing ? `http_${status}` : String(told.code);
  const words = `${known?.words ?? `it answered ${status}`}${told.trace}`;
  const passes = known ? known.reason === undefined : [408, 429].includes(status) || status >= 500;
  if (passes || (told.isTransient && (known === undefined || known.kind === 'permanent'))) {
    return new ProviderUnavailable(`Meta asks to come back later: ${words}`, {
      vendorCode,
      retryAfterMs: longer(call.retryAfterMs, known?.waitMs),
      // A limit is looked at before any work; a fault within Meta may come after the message was taken.
      uncertain: creates && status >= 500 && known?.waitMs === undefined,
      rateLimit: rateLimitOf(known) ?? (status === 429 ? 'everybody' : undefined),
    });
  }
  return new ProviderRefused(known?.reason ?? reasonFor(status), `Meta refused the call: ${words}`, {
    vendorCode,
  });
}

function reasonFor(status: number): 'credentials' | 'configuration' | 'request' {
  if (status === 401 || status === 403) return 'credentials';
  // Meta does not redirect its API: somebody else answers at this address.
  return status < 400 ? 'configuration' : 'request';
}

/** Whether a call failed because what its path names is not there. */
export function isGone(error: unknown): error is ProviderRefused {
  return error instanceof ProviderRefused && ['33', '100', 'http_404'].includes(error.vendorCode ?? '');
}

interface ToldError {
  readonly code: number | undefined;
  readonly isTransient: boolean;
  /** What Meta's support asks for. */
  readonly trace: string;
}

/** `{error: {code, error_subcode, is_transient, fbtrace_id …}}`, or anything else. */
function readError(body: unknown): ToldError {
  const error = fieldOf(body, 'error');
  const number = (name: string) => {
    const value = fieldOf(error, name);
    return Number.isSafeInteger(value) ? Number(value) : undefined;
  };
  const code = number('code');
  // A parameter that is invalid in this way is no parameter: the object in the path is not there for this token.
  const isObjectMissing = code === 100 && number('error_subcode') === objectMissing;
  const trace = fieldOf(error, 'fbtrace_id');
  const isTrace = typeof trace === 'string' && /^[\w-]{1,64}$/.test(trace);
  return {
    code: isObjectMissing ? objectMissing : code,
    isTransient: fieldOf(error, 'is_transient') === true,
    trace: isTrace ? ` (fbtrace_id ${trace})` : '',
  };
}

/** An own property of what may be anything. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function longer(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
