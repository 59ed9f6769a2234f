/** Stable names for what can go wrong; decisions are made on these, never on message text. */
export type ErrorCode =
  | 'provider_unavailable'
  | 'provider_refused'
  | 'media_unusable'
  | 'not_found'
  | 'settings_wrong'
  | 'storage_unavailable'
  | 'lost_lease'
  | 'called_back'
  | 'already_running'
  | 'stopping'
  | 'ends_its_process'
  | 'opted_out';

interface AppErrorOptions {
  readonly retryable: boolean;
  /** How long the provider asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The vendor's own code (`20429`, `insufficient_quota`), for logs and the owner, never for the person. */
  readonly vendorCode?: string | undefined;
  readonly cause?: unknown;
}

/** A failure the product knows about. Messages never carry phone numbers, tokens or signed links. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly vendorCode: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.vendorCode = options.vendorCode;
  }
}

/** Whom a vendor's limit is for: what goes to everybody, or what goes to one person. */
export type RateLimit = 'everybody' | 'person';

/** A vendor is down, slow or asks us to wait: the same call may succeed later. */
export class ProviderUnavailable extends AppError {
  /** True when the request may have been carried out although no answer came back. */
  readonly uncertain: boolean;
  /** Set when nothing is wrong but our pace: it says nothing against what was to be sent. */
  readonly rateLimit: RateLimit | undefined;

  constructor(
    message: string,
    options: Omit<AppErrorOptions, 'retryable'> & {
      uncertain?: boolean;
      rateLimit?: RateLimit | undefined;
    } = {},
  ) {
    super('provider_unavailable', message, { ...options, retryable: true });
    this.uncertain = options.uncertain ?? false;
    this.rateLimit = options.rateLimit;
  }
}

/**
 * Why a vendor will not serve this call however often it is repeated. `credentials`, `configuration` and `account` (locked, unpaid,
 * held back) are the same for every person: the owner must see to them.
 */
export type RefusalReason =
  | 'quota'
  | 'credentials'
  | 'content'
  | 'request'
  | 'recipient'
  | 'window'
  | 'configuration'
  | 'account';

/** A vendor said no for good; `reason` decides the wording for the person and the alarm for the owner. */
export class ProviderRefused extends AppError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options: Omit<AppErrorOptions, 'retryable'> = {}) {
    super('provider_refused', message, { ...options, retryable: false });
    this.reason = reason;
  }
}

/** Why a file cannot be read. Each has one honest sentence in `bot/wording.ts`. */
export type MediaProblem =
  | 'encrypted'
  | 'damaged'
  | 'empty'
  | 'too_large'
  | 'too_many_pixels'
  | 'too_complex'
  | 'too_long'
  | 'silent'
  | 'unsupported'
  | 'unavailable'
  | 'refused';

/** A file the person sent cannot be used; the turn goes on and says so. */
export class MediaUnusable extends AppError {
  readonly problem: MediaProblem;
  /** A short fact for the person, for instance `the limit is 16.0 MB`. */
  readonly detail: string | undefined;

  constructor(problem: MediaProblem, message: string, options: { cause?: unknown; detail?: string } = {}) {
    super('media_unusable', message, { retryable: false, cause: options.cause });
    this.problem = problem;
    this.detail = options.detail;
  }
}

/** What was asked for does not exist (HTTP 404 at the edge). */
export class NotFound extends AppError {
  constructor(message: string) {
    super('not_found', message, { retryable: false });
  }
}

/** The configuration cannot work; `problems` lists every fault, one sentence each. */
export class SettingsWrong extends AppError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('settings_wrong', problems.join('\n'), { retryable: false });
    this.problems = problems;
  }
}

/** The database cannot be reached, is full or locked: the same work may succeed once that is over. Nothing of it was stored. */
export class StorageUnavailable extends AppError {
  constructor(message: string, options: Pick<AppErrorOptions, 'cause' | 'vendorCode'> = {}) {
    super('storage_unavailable', message, { ...options, retryable: true });
  }
}

/** The person wants no messages: what was to be sent to them must not be. */
export class OptedOut extends AppError {
  constructor() {
    super('opted_out', 'the person wants no messages', { retryable: false });
  }
}

/** What was to be sent must not be sent now: since it was looked at, it was taken out of its lane. */
export class CalledBack extends AppError {
  constructor() {
    super('called_back', 'the part is not to be sent now', { retryable: true });
  }
}

/** Another process has taken this work over, because this one was silent for too long; what it still does would be done twice. */
export class LostLease extends AppError {
  constructor(message: string) {
    // Retryable, because the one who really holds the lease may meet what the other one did last. For the other one it is over.
    super('lost_lease', message, { retryable: true });
  }
}
