import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChannelEvent } from '#src/domain/channel-event.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { WebhookContent, WebhookReader, WebhookRequest } from '#src/ports/channel.ts';
import type { Clock } from '#src/ports/system.ts';
import { HttpError } from '../http-error.ts';
import { sameText } from '../open-access.ts';

/** Where what webhooks bring goes. Both settle once it is safely on disk. */
export interface WebhookSinks {
  /** Stores messages and wakes their people. */
  readonly accept: (messages: readonly InboundMessage[]) => Promise<unknown>;
  /** Stores what became of our own messages, of templates and of the account. */
  readonly applyEvents: (events: readonly ChannelEvent[]) => Promise<unknown>;
}

/** What a channel's webhook route needs beside its reader. */
export interface IntakeOptions extends WebhookSinks {
  /** Undefined until the channel is configured; then every call is refused. */
  readonly reader: WebhookReader | undefined;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  /** For the log: which settings to look at when signatures do not match, and which to set when there is no reader. */
  readonly hints: { readonly mismatch: string; readonly unconfigured: string };
}

/** Takes one webhook: verified, read, stored. */
export type TakeWebhook = (
  request: FastifyRequest,
  content: Pick<WebhookRequest, 'body' | 'rawBody'>,
  /** Names the webhook in the log. */
  facts?: Readonly<Record<string, unknown>>,
) => Promise<void>;

/**
 * The way of every webhook, whatever its channel.
 * @returns a function that throws HttpError 403 for what nobody signed, and 503 when nothing could be stored, so that the provider
 * comes again
 */
export function createIntake(options: IntakeOptions): TakeWebhook {
  const { reader, accept, applyEvents, publicUrl } = options;
  const warnRefused = createRefusalWarning(options);
  return async (request, content, facts = {}) => {
    // The address is part of what may be signed: as the provider called it, which behind a proxy is not what we see.
    const url = (publicUrl ?? `${request.protocol}://${request.host}`) + request.raw.url;
    const webhook: WebhookRequest = {
      url,
      headers: request.headers,
      rawBody: content.rawBody,
      // Asked for when it is needed: what nobody signed may not even be parsed.
      get body() {
        return content.body;
      },
    };
    if (!reader?.isAuthentic(webhook)) {
      warnRefused(request);
      throw forged();
    }
    const { messages, events } = readAuthentic(reader, webhook, request, facts);
    try {
      if (messages.length > 0) await accept(messages);
      if (events.length > 0) await applyEvents(events);
    } catch (error) {
      // Messages that were stored already are known the next time, and reports change nothing twice.
      throw new HttpError(503, 'unavailable', 'The message could not be stored; send it again.', {
        headers: { 'retry-after': '5' },
        cause: error,
      });
    }
  };
}

/** What nobody can verify is refused, whatever is wrong with it. */
export function forged(): HttpError {
  return new HttpError(403, 'forbidden', 'The signature does not match.');
}

/** Answers a subscription challenge. @throws HttpError 403 for another token, 400 for a challenge that is none */
export function answerChallenge(
  query: Readonly<Record<string, unknown>>,
  verifyToken: string | undefined,
  reply: FastifyReply,
): FastifyReply {
  reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
  const token = query['hub.verify_token'];
  const isKnown = typeof token === 'string' && verifyToken !== undefined && sameText(token, verifyToken);
  if (query['hub.mode'] !== 'subscribe' || !isKnown) {
    throw new HttpError(
      403,
      'forbidden',
      'hub.mode must be subscribe and hub.verify_token the one that was configured.',
    );
  }
  const challenge = query['hub.challenge'];
  if (typeof challenge !== 'string' || !/^[\x20-\x7e]{1,256}$/.test(challenge)) {
    throw new HttpError(400, 'invalid_request', 'hub.challenge must be 1 to 256 printable characters.');
  }
  return reply.header('content-type', 'text/plain; charset=utf-8').send(challenge);
}

function readAuthentic(
  reader: WebhookReader,
  webhook: WebhookRequest,
  { log }: FastifyRequest,
  facts: Readonly<Record<string, unknown>>,
): WebhookContent {
  try {
    const content = reader.read(webhook);
    if (content.messages.length + content.events.length === 0) log.info(facts, 'webhook without a message');
    return content;
  } catch (error) {
    // A fault of ours, and one that every repetition would meet again: answered as if there were nothing in it, but loudly.
    log.error({ err: error, ...facts }, 'webhook could not be parsed');
    return { messages: [], events: [] };
  }
}

/** A wrong address or token refuses every message, so the owner must hear of it; a flood must not fill the disk. */
function createRefusalWarning({ reader, clock, hints }: IntakeOptions) {
  let refused = 0;
  let silentUntil = 0;
  return ({ log }: FastifyRequest) => {
    refused += 1;
    const now = clock.now().getTime();
    if (now < silentUntil) return;
    log.warn(
      { refused },
      reader
        ? `webhook refused: the signature does not match (check ${hints.mismatch})`
        : `webhook refused: no channel is configured (set ${hints.unconfigured})`,
    );
    refused = 0;
    silentUntil = now + 60_000;
  };
}
