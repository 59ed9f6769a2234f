import OpenAI from 'openai';
import type { Exchange } from '#src/ports/exchange.ts';
import { createFetchJson } from './fetch-json.ts';

/** The part of OpenAI's client that the drivers use. */
export type OpenAiClient = OpenAI;

/** How long one attempt may take until its whole body is read, in milliseconds. */
export interface CallTimeouts {
  readonly replyMs: number;
  readonly transcribeMs: number;
}

/** People watch typing dots meanwhile; long voice notes take longer than answers. */
export const callTimeouts: CallTimeouts = { replyMs: 60_000, transcribeMs: 120_000 };

/**
 * OpenAI's client, told everything it would otherwise read from the environment: an OPENAI_ORG_ID or OPENAI_LOG that happens to
 * be set must not change what is sent or print people's text.
 */
export function createClient(options: {
  apiKey: string;
  baseUrl: string | undefined;
  exchange: Exchange;
}): OpenAiClient {
  return new OpenAI({
    apiKey: options.apiKey,
    adminAPIKey: null,
    baseURL: options.baseUrl ?? 'https://api.openai.com/v1',
    fetch: createFetchJson(options.exchange),
    organization: null,
    project: null,
    webhookSecret: null,
    // The client would repeat a 429 for lack of money like any other; ours does not (with-retries.ts).
    maxRetries: 0,
    logLevel: 'off',
  });
}
