import type { ModelProfile } from '#config/models.ts';
import { isAzureHost, isOfficialHost } from '#config/openai-hosts.ts';

/** How much of OpenAI's vocabulary may be used with a server and model. Compatible servers refuse fields they do not know. */
export interface Dialect {
  /** OpenAI's or Azure's own host. */
  readonly officialHost: boolean;
  /** OpenAI's own model, wherever it is asked for: an official host, or a gateway asked for a model id of OpenAI's. */
  readonly openAiModel: boolean;
  /** The reasoning effort to ask for; undefined leaves the field out. */
  readonly effort: ModelProfile['defaultEffort'];
  /** Whether the places must be marked up to which a prompt can be served from the cache. */
  readonly cacheBreakpoints: boolean;
}

/** What may be said to a model behind a base URL. On Azure a deployment may have any name, so the host decides there. */
export function dialectFor(baseUrl: string | undefined, profile: ModelProfile | undefined): Dialect {
  const officialHost = isOfficialHost(baseUrl);
  return {
    officialHost,
    openAiModel: officialHost || profile !== undefined,
    effort: profile?.defaultEffort,
    cacheBreakpoints: profile?.cacheBreakpoints === true && !isAzureHost(baseUrl),
  };
}
