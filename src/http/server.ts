import type { Socket } from 'node:net';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  LogController,
} from 'fastify';
import type { Settings } from '#config/settings.ts';
import type { Broadcasts } from '#src/bot/create-broadcast.ts';
import type { PersonExports } from '#src/ports/privacy.ts';
import type { ReadModel } from '#src/ports/read-model.ts';
import type { Clock } from '#src/ports/system.ts';
import type { UserAdmin } from '#src/ports/user-admin.ts';
import { handleError, handleNotFound, toErrorBody } from './error-handler.ts';
import type { OwnerAccess } from './open-access.ts';
import { addApiDocs } from './plugins/api-docs.ts';
import { addOpenapi } from './plugins/openapi.ts';
import { addSecurityHeaders } from './plugins/security-headers.ts';
import type { Readiness } from './readiness.ts';
import { addAuthToken } from './routes/auth-token.ts';
import { addBroadcasts } from './routes/broadcasts.ts';
import { addConversations } from './routes/conversations.ts';
import { addExport } from './routes/export.ts';
import { addHealth, type HealthCheck } from './routes/health.ts';
import { addHome } from './routes/home.ts';
import { addMessages } from './routes/messages.ts';
import { addMetrics, type MetricsPage } from './routes/metrics.ts';
import { addOutreach, type OutreachDeps } from './routes/outreach.ts';
import { addReady } from './routes/ready.ts';
import { addUsage } from './routes/usage.ts';
import { addUsers } from './routes/users.ts';
import { addWebhook, type WebhookDeps } from './routes/webhook.ts';
import { addMetaWebhook } from './routes/webhook-meta.ts';
import { addWorkers, type WorkersDeps } from './routes/workers.ts';

/** What the HTTP floor needs. */
export interface ServerDeps {
  readonly settings: Settings;
  readonly version: string;
  /** pino. Requests are one debug line each; bodies, numbers and query strings are never logged. */
  readonly log: FastifyBaseLogger;
  readonly clock: Clock;
  readonly access: OwnerAccess;
  readonly webhook: WebhookDeps;
  readonly readModel: ReadModel;
  readonly outreach: OutreachDeps;
  readonly broadcasts: Broadcasts;
  readonly patchUser: UserAdmin['patchUser'];
  readonly addUser: UserAdmin['addUser'];
  readonly stopMessages: UserAdmin['stopMessages'];
  readonly eraseUser: UserAdmin['eraseUser'];
  readonly issueLinkCode: UserAdmin['issueLinkCode'];
  /** Finds the file that a person's link to their own data leads to. */
  readonly openExport: PersonExports['open'];
  readonly health: HealthCheck;
  readonly readiness: Readiness;
  readonly metrics: MetricsPage;
  readonly workers: WorkersDeps;
  /** The chat page with `/sign-in`. */
  readonly pages?: FastifyPluginAsync | undefined;
}

/** Builds the server; it does not listen yet. */
export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { settings, version, clock, access } = deps;
  const { name, env, publicUrl, trustProxy, allowedOrigins } = settings.app;

  const app: FastifyInstance = Fastify({
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    // Fastify ignores a bare number, as a client that reaches us directly could pose as a proxy; the owner who sets one has a proxy.
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    bodyLimit: 256 * 1024,
    // A whole upload over a slow phone fits; a connection that sends a byte a minute does not.
    requestTimeout: 120_000,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: handleError,
    clientErrorHandler: answerMalformedHttp,
  });
  app.setErrorHandler(handleError);
  await addOpenapi(app, { name, version, publicUrl });

  const isWorker = settings.app.role === 'worker';
  // First and alone: what follows adds hooks that a webhook should not pay for.
  if (!isWorker)
    await app.register(async (front) => {
      front.addHook('onResponse', (_request, reply, done) => {
        deps.metrics.webhookAnswered(reply.statusCode, reply.elapsedTime);
        done();
      });
      const { metaReader, ...webhook } = deps.webhook;
      const common = { publicUrl, verifyToken: settings.verifyToken?.reveal(), clock };
      await front.register(addWebhook, { ...webhook, ...common });
      await front.register(addMetaWebhook, { ...webhook, ...common, reader: metaReader });
    });

  await app.register(async (site) => {
    addRequestLine(site);
    await addSecurityHeaders(site, { allowedOrigins, isHttps: publicUrl?.startsWith('https:') ?? false });
    await access.install(site);
    site.setNotFoundHandler(handleNotFound);

    addHealth(site, { health: deps.health, version, clock });
    addReady(site, deps);
    addMetrics(site, {
      metrics: deps.metrics,
      token: settings.metricsToken?.reveal(),
      requireBearer: access.requireBearer,
    });
    if (isWorker) return;
    addExport(site, deps);
    addHome(site, { name, version, environment: env });
    await addApiDocs(site, { name });
    await site.register(async (api) => addAuthToken(api, { access }), { prefix: '/api/v1' });
    await site.register(
      async (api) => {
        api.addHook('onRequest', access.requireBearer);
        api.addHook('onSend', async (_request, reply) => {
          reply.header('cache-control', 'no-store');
        });
        addUsers(api, deps);
        addConversations(api, deps);
        addMessages(api, deps);
        addOutreach(api, deps);
        addBroadcasts(api, deps);
        addUsage(api, deps);
        addWorkers(api, deps);
      },
      { prefix: '/api/v1' },
    );
    if (deps.pages) await site.register(deps.pages);
  });

  await app.ready();
  return app;
}

/** One debug line a request, with the route's pattern: the address itself may carry tokens. */
function addRequestLine(site: FastifyInstance): void {
  site.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request answered',
    );
  });
}

const malformed: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'too_large', 'The headers are too large.'],
};

/** What is not even HTTP never reaches a route; it still gets the error body. */
function answerMalformedHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = malformed[error.code ?? ''] ?? [
    '400 Bad Request',
    'bad_request',
    'This is not valid HTTP.',
  ];
  const body = JSON.stringify(toErrorBody(code, message));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
