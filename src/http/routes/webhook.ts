import formbody from '@fastify/formbody';
import type { FastifyError, FastifyInstance } from 'fastify';
import type { WebhookReader } from '#src/ports/channel.ts';
import type { Clock } from '#src/ports/system.ts';
import { handleError } from '../error-handler.ts';
import { maxFormBytes, parseForm } from './webhook-form.ts';
import { answerChallenge, createIntake, forged, type WebhookSinks } from './webhook-intake.ts';
import { receiveSchema, statusSchema, verifySchema } from './webhook-schema.ts';

/** What webhooks hand over to, and who reads them. */
export interface WebhookDeps extends WebhookSinks {
  /** Of Twilio; undefined until it is configured. */
  readonly reader: WebhookReader | undefined;
  /** Of Meta; undefined until it is configured. */
  readonly metaReader?: WebhookReader | undefined;
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
  const take = createIntake({
    ...options,
    hints: { mismatch: 'PUBLIC_URL and TWILIO_AUTH_TOKEN', unconfigured: 'TWILIO_AUTH_TOKEN' },
  });

  app.post('/webhook', { schema: receiveSchema, validatorCompiler }, async (request, reply) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    await take(request, { body }, messageOf(body));
    return reply.header('content-type', 'text/xml').send(emptyTwiml);
  });

  // Twilio's reader knows both kinds by their parameters, so what is sent to the wrong one of the two addresses is not lost.
  app.post('/webhook/status', { schema: statusSchema, validatorCompiler }, async (request, reply) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    await take(request, { body }, messageOf(body));
    return reply.code(204).send(null);
  });

  app.get('/webhook', { schema: verifySchema, validatorCompiler }, async (request, reply) => {
    const query = request.query as Record<string, unknown>;
    if (Object.keys(query).some((name) => name.startsWith('hub.')))
      return answerChallenge(query, options.verifyToken, reply);
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    return reply.send({ status: 'ready' });
  });
}

/** The message a form is about, for the log. */
function messageOf({ MessageSid }: Readonly<Record<string, unknown>>) {
  return {
    messageSid: typeof MessageSid === 'string' && /^\w{34}$/.test(MessageSid) ? MessageSid : undefined,
  };
}
