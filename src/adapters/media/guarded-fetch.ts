import { AppError, MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import { retryAfterMs } from '#src/domain/retry-after.ts';
import type { FetchFile } from '#src/ports/media.ts';
import type { Log } from '#src/ports/system.ts';
import { AddressRefused } from './address-guard.ts';
import type { HopEnd } from './fetch-messages.ts';
import { type FetchLimits, usualLimits } from './limits.ts';
import { createFetchThread } from './open-fetch-thread.ts';

const maxRedirects = 5;

/** An answer that is no file. */
type Answered = Extract<HopEnd, { kind: 'answered' }>;

/**
 * Fetches files from hosts that are not trusted: https and public addresses only, redirects followed by hand and re-checked,
 * credentials for the first origin alone, never decompressed, with limits on size, time and slowness.
 * @param deps.exemptOrigins exact origins (scheme, host and port) that may use http, other ports and private addresses
 */
export function createGuardedFetch(deps: {
  readonly exemptOrigins: readonly string[];
  readonly log: Log;
  readonly limits?: Partial<FetchLimits>;
}): FetchFile {
  const limits = { ...usualLimits, ...deps.limits };
  const thread = createFetchThread({ exemptOrigins: deps.exemptOrigins, limits });

  return async (file) => {
    let url = file.url;
    try {
      await thread.ready();
      const signal = AbortSignal.any([file.signal, AbortSignal.timeout(limits.totalMs)]);
      let authorization = file.authorization;
      for (let hop = 0; hop <= maxRedirects; hop++) {
        assertAllowed(url);
        const { target: path, maxBytes } = file;
        const end = await thread.run({ url: url.href, authorization, target: path, maxBytes }, signal);
        if (end.kind === 'saved') return { path, bytes: end.bytes, contentType: end.contentType };
        const target = redirectTarget(end, url);
        if (!target) throw failureOf(end);
        const next = file.follow(target);
        if (!next) {
          url = target;
          throw refused();
        }
        // Once gone, credentials stay gone: the way back may have been chosen by the other host.
        if (next.origin !== url.origin) authorization = undefined;
        url = next;
      }
      throw new MediaUnusable('unavailable', 'The file is behind too many redirects');
    } catch (error) {
      file.signal.throwIfAborted();
      if (error instanceof AddressRefused) throw warned(refused(), url);
      if (error instanceof MediaUnusable && error.problem === 'refused') throw warned(error, url);
      if (error instanceof AppError || isDiskTrouble(error)) throw error;
      throw new ProviderUnavailable('The media host did not answer properly', {
        cause: error,
        vendorCode: error instanceof Error && 'code' in error ? String(error.code) : undefined,
      });
    }
  };

  function assertAllowed(url: URL): void {
    const plain = url.username === '' && url.password === '';
    const isPublicHttps = url.protocol === 'https:' && url.port === '';
    if (!plain || !(isPublicHttps || deps.exemptOrigins.includes(url.origin))) throw refused();
  }

  /** The owner may be behind a proxy of their own: name the host, never the path, which can be a key to the file. */
  function warned(error: MediaUnusable, url: URL): MediaUnusable {
    deps.log.warn({ host: url.host }, 'media address refused; MEDIA_EXTRA_ORIGINS can allow its origin');
    return error;
  }
}

/** Where a redirect leads; undefined when the answer is none, or leads nowhere. */
function redirectTarget(answer: Answered, from: URL): URL | undefined {
  const { statusCode, location } = answer;
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target) target.hash = '';
  return target;
}

function failureOf(answer: Answered): AppError {
  const { statusCode } = answer;
  // 404: media can lag behind the webhook that announces it.
  if ([404, 408, 425, 429].includes(statusCode) || statusCode >= 500 || statusCode < 300) {
    return new ProviderUnavailable('The media host has no file for us now', {
      vendorCode: `http_${statusCode}`,
      retryAfterMs: retryAfterMs(answer.retryAfter, new Date()),
    });
  }
  return new MediaUnusable('unavailable', `The media host answered ${statusCode}`);
}

function refused(): MediaUnusable {
  return new MediaUnusable('refused', 'The media address must not be asked');
}

/** Our own disk's failures are not the host's: a full disk must not look like an outage of Twilio. */
function isDiskTrouble(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'ENOENT', 'EIO'].includes(String(error.code))
  );
}
