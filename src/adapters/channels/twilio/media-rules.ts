import { MediaUnusable } from '#src/domain/errors.ts';
import { basicAuthorization } from './basic-authorization.ts';

/** What decides where media may be fetched from. Origins are exact: scheme, host and port. */
export interface MediaRulesDeps {
  /** '' when unknown: then the account named in the link is believed. */
  readonly accountSid: string;
  readonly authToken: string;
  readonly baseUrl: string | undefined;
  readonly extraOrigins: readonly string[];
}

/** Where media links may lead. */
export interface MediaRules {
  /**
   * The address to ask for a link from a webhook, with credentials where they belong.
   * @throws MediaUnusable `refused`
   */
  begin(link: string): { url: URL; authorization: string | undefined };
  /** The address to ask when a redirect leads to `target`; undefined when it must not be followed. */
  follow(target: URL): URL | undefined;
}

const mediaPath = /^\/2010-04-01\/Accounts\/(AC[0-9A-Za-z]+)\/Messages\/[0-9A-Za-z]+\/Media\/[0-9A-Za-z]+$/;

/** Regional hosts are `api.<edge>.<region>.twilio.com`. */
const apiHost = /^api(?:\.[a-z0-9-]+){0,2}\.twilio\.com$/;

/** Where Twilio keeps files: its own hosts, its CDN, and S3 buckets in any spelling (`bucket.s3.eu-west-1.amazonaws.com`). */
const storageHost =
  /^(?:[a-z0-9.-]+\.)?(?:twilio\.com|twiliocdn\.com|s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com)$/;

/** Media comes from Twilio's API, TWILIO_BASE_URL or MEDIA_EXTRA_ORIGINS; redirects may also lead to where Twilio keeps files. */
export function createMediaRules(deps: MediaRulesDeps): MediaRules {
  const rerouted = (url: URL) => (deps.baseUrl ? new URL(url.pathname + url.search, deps.baseUrl) : url);

  return {
    begin(link) {
      const url = URL.canParse(link) ? new URL(link) : undefined;
      if (url?.username !== '' || url.password !== '') throw refused('is no plain address');
      const isApi = isPublicHttps(url) && apiHost.test(url.hostname);
      if (!isApi && url.origin !== deps.baseUrl) {
        if (deps.extraOrigins.includes(url.origin)) return { url, authorization: undefined };
        throw refused('is on a foreign host');
      }
      const owner = mediaPath.exec(url.pathname)?.[1];
      // On Twilio's own host any other path would be some other part of the API, asked with our credentials.
      if (isApi && !owner) throw refused('is no media of a message');
      if (owner && deps.accountSid !== '' && owner !== deps.accountSid)
        throw refused('is of another account');
      const user = deps.accountSid || (owner ?? '');
      return { url: rerouted(url), authorization: basicAuthorization(user, deps.authToken) };
    },
    follow(target) {
      if (target.origin === deps.baseUrl || deps.extraOrigins.includes(target.origin)) return target;
      if (!isPublicHttps(target)) return undefined;
      if (apiHost.test(target.hostname)) return rerouted(target);
      return storageHost.test(target.hostname) ? target : undefined;
    },
  };
}

function isPublicHttps(url: URL): boolean {
  return url.protocol === 'https:' && url.port === '';
}

function refused(why: string): MediaUnusable {
  return new MediaUnusable('refused', `The media link ${why}`);
}
