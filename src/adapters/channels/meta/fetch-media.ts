import { MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import type { Channel, FetchedMedia } from '#src/ports/channel.ts';
import type { FetchFile } from '#src/ports/media.ts';
import type { Log } from '#src/ports/system.ts';
import { essenceOf } from '../media-type.ts';
import { fieldOf, isGone } from './failed-call.ts';
import type { GraphApi } from './graph-api.ts';
import type { MediaRules } from './media-rules.ts';

/** Media ids are digits; anything else could be another path of the API. */
const mediaId = /^\d{1,32}$/;

/** Whether a `ref` can be a media id of Meta's. */
export function isMediaId(ref: string): boolean {
  return mediaId.test(ref);
}

interface MediaLink {
  readonly link: string;
  readonly contentType: string;
  readonly bytes: number;
}

/**
 * Fetches media by id: asks for its link, which works for five minutes, and then for the file. A link that does not work is asked
 * for anew, once. (https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media)
 */
export function createMediaFetch(deps: {
  readonly api: GraphApi;
  readonly rules: MediaRules;
  readonly fetchFile: FetchFile;
  readonly log: Log;
}): Channel['fetchMedia'] {
  const { api, rules, fetchFile, log } = deps;

  return async (ref, options) => {
    if (!isMediaId(ref)) throw new MediaUnusable('refused', 'A media id of Meta’s has digits only');
    try {
      return await fetchOnce(ref, options);
    } catch (error) {
      if (!mayBeExpired(error)) throw error;
      return fetchOnce(ref, options);
    }
  };

  async function fetchOnce(id: string, options: Parameters<Channel['fetchMedia']>[1]): Promise<FetchedMedia> {
    const { link, contentType, bytes } = await askForLink(id, options.signal);
    if (bytes > options.maxBytes) throw new MediaUnusable('too_large', 'The file is larger than allowed');
    const fetched = await fetchFile({ ...begin(link), follow: rules.follow, ...options });
    return fetched.contentType === '' ? { ...fetched, contentType } : fetched;
  }

  async function askForLink(id: string, signal: AbortSignal): Promise<MediaLink> {
    const answer = await api.call({ method: 'GET', path: [id], signal }).catch((error: unknown) => {
      if (!isGone(error)) throw error;
      if (error.vendorCode === 'http_404') {
        throw new ProviderUnavailable('Meta does not have the file yet', {
          vendorCode: error.vendorCode,
          cause: error,
        });
      }
      // Files people send are kept for 7 days.
      throw new MediaUnusable('unavailable', 'Meta does not have the file any more', { cause: error });
    });
    const link = fieldOf(answer, 'url');
    const type = fieldOf(answer, 'mime_type');
    if (typeof link !== 'string' || link === '') {
      throw new ProviderUnavailable('Meta gave no link for the file', { vendorCode: 'no_link' });
    }
    const contentType = typeof type === 'string' ? essenceOf(type) : '';
    // A number, or a number as text; NaN is larger than nothing.
    return { link, contentType, bytes: Number(fieldOf(answer, 'file_size')) };
  }

  function begin(link: string) {
    try {
      return rules.begin(link);
    } catch (error) {
      // The owner may be behind a proxy of their own: name the host, never the path, which is a key to the file.
      const host = URL.canParse(link) ? new URL(link).host : undefined;
      log.warn({ host }, 'media link refused; MEDIA_EXTRA_ORIGINS can allow its origin');
      throw error;
    }
  }
}

/** 401, 403 and 410 are `unavailable`; 404 may pass, or not. An id that is gone has no other link. */
function mayBeExpired(error: unknown): boolean {
  if (error instanceof ProviderUnavailable) return error.vendorCode === 'http_404';
  return error instanceof MediaUnusable && error.problem === 'unavailable' && !isGone(error.cause);
}
