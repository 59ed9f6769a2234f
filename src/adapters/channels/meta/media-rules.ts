import { MediaUnusable } from '#src/domain/errors.ts';

/** What decides where media may be fetched from. Origins are exact: scheme, host and port. */
export interface MediaRulesDeps {
  readonly accessToken: string;
  readonly baseUrl: string;
  readonly extraOrigins: readonly string[];
}

/** Where media links may lead. */
export interface MediaRules {
  /**
   * The address to ask for a link Meta gave, with the token: every link is useless without it.
   * @throws MediaUnusable `refused`
   */
  begin(link: string): { url: URL; authorization: string };
  /** The address to ask when a redirect leads to `target`; undefined when it must not be followed. */
  follow(target: URL): URL | undefined;
}

/** Meta's own hosts that files are asked from, and that may see the token: its API, its file servers and its CDN. */
const metaHost = /^(?:graph\.facebook\.com|(?:[a-z0-9-]+\.)+(?:fbsbx\.com|fbcdn\.net|whatsapp\.net))$/;

/**
 * Media comes from Meta's own hosts, WHATSAPP_BASE_URL or MEDIA_EXTRA_ORIGINS, also after redirects. The token goes to the address
 * in Meta's link alone: whoever is redirected to does not see it, because the link it redirects to is signed.
 */
export function createMediaRules(deps: MediaRulesDeps): MediaRules {
  const trusted = [new URL(deps.baseUrl).origin, ...deps.extraOrigins];
  const isAllowed = (url: URL) =>
    url.username === '' &&
    url.password === '' &&
    (trusted.includes(url.origin) ||
      (url.protocol === 'https:' && url.port === '' && metaHost.test(url.hostname)));

  return {
    begin(link) {
      const url = URL.canParse(link) ? new URL(link) : undefined;
      if (!url || !isAllowed(url)) {
        throw new MediaUnusable('refused', 'The media link is on a foreign host');
      }
      return { url, authorization: `Bearer ${deps.accessToken}` };
    },
    follow: (target) => (isAllowed(target) ? target : undefined),
  };
}
