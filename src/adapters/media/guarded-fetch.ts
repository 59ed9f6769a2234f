import { Agent, type Dispatcher, request } from 'undici';
import { AppError, MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import { retryAfterMs } from '#src/domain/retry-after.ts';
import type { FetchedMedia } from '#src/ports/channel.ts';
import type { FetchFile, FileRequest } from '#src/ports/media.ts';
import type { Log } from '#src/ports/system.ts';
import { AddressRefused, createGuardedConnector } from './address-guard.ts';
import { type FetchLimits, usualLimits } from './limits.ts';
import { saveBody, tooLarge } from './save-body.ts';

const maxRedirects = 5;

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
  // Idle connections do not keep the process alive, so nobody needs to close this.
  const dispatcher = new Agent({
    connect: createGuardedConnector({ exemptOrigins: deps.exemptOrigins, timeoutMs: limits.connectMs }),
    headersTimeout: limits.headersMs,
    // Silence within a body is caught by the window of `saveBody`; this is the second net.
    bodyTimeout: limits.headersMs,
  });

  return async (file) => {
    const signal = AbortSignal.any([file.signal, AbortSignal.timeout(limits.totalMs)]);
    let url = file.url;
    try {
      let authorization = file.authorization;
      for (let hop = 0; hop <= maxRedirects; hop++) {
        assertAllowed(url);
        const answer = await request(url, {
          dispatcher,
          signal,
          // Nothing is unpacked here, so a packed body of gigabytes stays as small as it came.
          headers: { 'accept-encoding': 'identity', ...(authorization ? { authorization } : {}) },
        });
        if (answer.statusCode === 200) return await save(file, answer);
        discard(answer);
        const target = redirectTarget(answer, url);
        if (!target) throw failureOf(answer);
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

  async function save(file: FileRequest, answer: Dispatcher.ResponseData): Promise<FetchedMedia> {
    const { 'content-length': length, 'content-type': type } = answer.headers;
    const declaredBytes = typeof length === 'string' ? Number(length) : undefined;
    if (declaredBytes !== undefined && declaredBytes > file.maxBytes) {
      discard(answer);
      throw tooLarge();
    }
    const bytes = await saveBody(answer.body, { ...file, declaredBytes, limits });
    const contentType = typeof type === 'string' ? (type.split(';', 1)[0] ?? '').trim().toLowerCase() : '';
    return { path: file.target, bytes, contentType };
  }

  /** The owner may be behind a proxy of their own: name the host, never the path, which can be a key to the file. */
  function warned(error: MediaUnusable, url: URL): MediaUnusable {
    deps.log.warn({ host: url.host }, 'media address refused; MEDIA_EXTRA_ORIGINS can allow its origin');
    return error;
  }
}

/** Where a redirect leads; undefined when the answer is none, or leads nowhere. */
function redirectTarget(answer: Dispatcher.ResponseData, from: URL): URL | undefined {
  const { location } = answer.headers;
  if (![301, 302, 303, 307, 308].includes(answer.statusCode) || typeof location !== 'string')
    return undefined;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target) target.hash = '';
  return target;
}

function failureOf(answer: Dispatcher.ResponseData): AppError {
  const { statusCode } = answer;
  // 404: media can lag behind the webhook that announces it.
  if ([404, 408, 425, 429].includes(statusCode) || statusCode >= 500 || statusCode < 300) {
    return new ProviderUnavailable('The media host has no file for us now', {
      vendorCode: `http_${statusCode}`,
      retryAfterMs: retryAfterMs(answer.headers['retry-after'], new Date()),
    });
  }
  return new MediaUnusable('unavailable', `The media host answered ${statusCode}`);
}

/** Lets go of a body that nobody reads, and of its connection. */
function discard(answer: Dispatcher.ResponseData): void {
  // Destroying an unread body is reported as an error of it; there is nothing to learn from that.
  answer.body.on('error', () => {}).destroy();
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
