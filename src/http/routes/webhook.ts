import formbody from '@fastify/formbody';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { InboundMessage } from '#src/domain/message.ts';
import type { WebhookReader, WebhookRequest } from '#src/ports/channel.ts';
import type { Clock } from '#src/ports/system.ts';
import { handleError } from '../error-handler.ts';
import { HttpError } from '../http-error.ts';
import { sameText } from '../open-access.ts';
import { maxFormBytes, parseForm } from './webhook-form.ts';
import { receiveSchema, verifySchema } from './webhook-schema.ts';

/** What the webhook hands over to. */
export interface WebhookDeps {
  /** Undefined until a channel is configured; then every call is refused. */
  readonly reader: WebhookReader | undefined;
  /** Stores and wakes; settles once the messages are safely on disk. */
  readonly accept: (messages: readonly InboundMessage[]) => Promise<unknown>;
}

interface RouteOptions extends WebhookDeps {
  readonly publicUrl: string | undefined;
  readonly verifyToken: string | undefined;
  readonly clock: Clock;
}

const emptyTwiml = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

/**
 * `/webhook`, in a context of its own: none of the hooks of pages and API run here, because this is the route whose speed people
 * feel. What is described in the schema is documentation; the signature decides what is believed.
 */
export async function addWebhook(app: FastifyInstance, options: RouteOptions): Promise<void> {
  const { reader, accept, publicUrl, verifyToken, clock } = options;
  // A child logger a request costs more than the whole form; the lines below name the message instead.
  app.setChildLoggerFactory((log) => log);
  // Nothing but forms: JSON would only be parsed to be refused.
  app.removeAllContentTypeParsers();
  await app.register(formbody, { bodyLimit: maxFormBytes, parser: parseForm });
  // Whatever else comes, even under a content type that is none, has nothing that could be verified: a forgery like any other.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxFormBytes }, (_request, _body, done) =>
    done(null, {}),
  );
  app.setErrorHandler((error: FastifyError, request, reply) =>
    handleError(error.statusCode === 415 ? forged() : error, request, reply),
  );
  const validatorCompiler = () => () => true;
  const warnRefused = createRefusalWarning(clock);

  app.post('/webhook', { schema: receiveSchema, validatorCompiler }, async (request, reply) => {
    const webhook = toWebhookRequest(request, publicUrl);
    if (!reader?.isAuthentic(webhook)) {
      warnRefused(request, reader !== undefined);
      throw forged();
    }
    const messages = parseAuthentic(reader, webhook, request);
    if (messages.length > 0) {
      try {
        await accept(messages);
      } catch (error) {
        // Not stored, so the provider must come again (with rp=all in the webhook address it does).
        throw new HttpError(503, 'unavailable', 'The message could not be stored; send it again.', {
          headers: { 'retry-after': '5' },
          cause: error,
        });
      }
    }
    return reply.header('content-type', 'text/xml').send(emptyTwiml);
  });

  app.get('/webhook', { schema: verifySchema, validatorCompiler }, async (request, reply) => {
    const query = request.query as Record<string, unknown>;
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    if (!Object.keys(query).some((name) => name.startsWith('hub.'))) return reply.send({ status: 'ready' });
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
  });
}

function forged(): HttpError {
  return new HttpError(403, 'forbidden', 'The signature does not match.');
}

/** The address is part of what was signed: as the provider called it, which behind a proxy is not what we see. */
function toWebhookRequest(request: FastifyRequest, publicUrl: string | undefined): WebhookRequest {
  return {
    url: (publicUrl ?? `${request.protocol}://${request.host}`) + request.raw.url,
    headers: request.headers,
    body: (request.body ?? {}) as Record<string, unknown>,
  };
}

function parseAuthentic(
  reader: WebhookReader,
  webhook: WebhookRequest,
  { log }: FastifyRequest,
): readonly InboundMessage[] {
  const { MessageSid } = webhook.body;
  const messageSid = typeof MessageSid === 'string' && /^\w{34}$/.test(MessageSid) ? MessageSid : undefined;
  try {
    const { messages } = reader.read(webhook);
    if (messages.length === 0) log.info({ messageSid }, 'webhook without a message');
    return messages;
  } catch (error) {
    // A fault of ours, and one that every repetition would meet again: answered as if there were nothing in it, but loudly.
    log.error({ err: error, messageSid }, 'webhook could not be parsed');
    return [];
  }
}

/** A wrong address or token refuses every message, so the owner must hear of it; a flood must not fill the disk. */
function createRefusalWarning(clock: Clock) {
  let refused = 0;
  let silentUntil = 0;
  return ({ log }: FastifyRequest, isConfigured: boolean) => {
    refused += 1;
    const now = clock.now().getTime();
    if (now < silentUntil) return;
    log.warn(
      { refused },
      isConfigured
        ? 'webhook refused: the signature does not match (check PUBLIC_URL and TWILIO_AUTH_TOKEN)'
        : 'webhook refused: no channel is configured (set TWILIO_AUTH_TOKEN)',
    );
    refused = 0;
    silentUntil = now + 60_000;
  };
}
