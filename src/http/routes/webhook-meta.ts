import type { FastifyError, FastifyInstance } from 'fastify';
import type { WebhookReader } from '#src/ports/channel.ts';
import type { Clock } from '#src/ports/system.ts';
import { handleError } from '../error-handler.ts';
import { answerChallenge, createIntake, forged, type WebhookSinks } from './webhook-intake.ts';
import { metaReceiveSchema, metaVerifySchema } from './webhook-meta-schema.ts';

/** Meta's batches reach 3 MB (https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks). */
const maxBytes = 4 * 1024 * 1024;

interface RouteOptions extends WebhookSinks {
  readonly reader: WebhookReader | undefined;
  readonly publicUrl: string | undefined;
  readonly verifyToken: string | undefined;
  readonly clock: Clock;
}

/**
 * `/webhook/meta`, in a context of its own as `/webhook` is. The signature is over the bytes as they came, so they are kept beside
 * what they mean.
 */
export async function addMetaWebhook(app: FastifyInstance, options: RouteOptions): Promise<void> {
  app.setChildLoggerFactory((log) => log);
  app.removeAllContentTypeParsers();
  // Whatever the content type says: what is signed is read as JSON, everything else is refused anyway.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBytes }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler((error: FastifyError, request, reply) =>
    handleError(error.statusCode === 415 ? forged() : error, request, reply),
  );
  const validatorCompiler = () => () => true;
  const take = createIntake({
    ...options,
    hints: {
      mismatch: 'WHATSAPP_APP_SECRET',
      unconfigured: 'WHATSAPP_ACCESS_TOKEN, WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_APP_SECRET',
    },
  });

  app.post('/webhook/meta', { schema: metaReceiveSchema, validatorCompiler }, async (request, reply) => {
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    // Read only once it is known to be Meta's: `body` is asked for after the signature.
    let parsed: Record<string, unknown> | undefined;
    const content = {
      rawBody,
      get body() {
        parsed ??= parseObject(rawBody);
        return parsed;
      },
    };
    await take(request, content);
    return reply.code(200).send({ success: true });
  });

  app.get('/webhook/meta', { schema: metaVerifySchema, validatorCompiler }, async (request, reply) =>
    answerChallenge(request.query as Record<string, unknown>, options.verifyToken, reply),
  );
}

/** An object from JSON; an empty one for anything else, which holds no message. */
function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
