import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import twilio from 'twilio';
import { v7 as uuidv7 } from 'uuid';
import { loadSettings } from '#config/settings.ts';
import type { OpenDatabase } from '#src/adapters/store/open-database.ts';
import { createReadModel } from '#src/adapters/store/read-model.ts';
import { createUserAdmin } from '#src/adapters/store/user-admin.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import { createAccess, type OwnerAccess } from '#src/http/open-access.ts';
import { createPasswordTries } from '#src/http/plugins/password-tries.ts';
import { createServer, type ServerDeps } from '#src/http/server.ts';
import type { WebhookReader } from '#src/ports/channel.ts';
import { type Engine, openTestDatabase } from '#tests/support/engines.ts';
import { createQuietOperations } from '#tests/support/quiet-operations.ts';

export const authToken = '0123456789abcdef0123456789abcdef';
export const password = 'correct horse battery';

/** A server on a real database, with a Twilio-like reader and everything it logged and accepted. */
export interface ServerUnderTest extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly db: OpenDatabase['db'];
  readonly access: OwnerAccess;
  readonly accepted: InboundMessage[];
  /** How often a signature was computed. */
  readonly signatureChecks: () => number;
  readonly logText: () => string;
  readonly clock: { time: Date };
  /** Headers with a fresh API token. */
  readonly bearer: () => { authorization: string };
}

interface Options {
  readonly env?: Record<string, string>;
  readonly deps?: Partial<ServerDeps>;
  /** SQLite in memory unless said otherwise. */
  readonly engine?: Engine;
}

export async function startServer({
  env = {},
  deps = {},
  engine = 'sqlite',
}: Options = {}): Promise<ServerUnderTest> {
  const settings = loadSettings({
    APP_ENV: 'test',
    ADMIN_PASSWORD: password,
    TWILIO_AUTH_TOKEN: authToken,
    ...env,
  });
  const database = await openTestDatabase(engine);
  const clock = { time: new Date('2026-11-21T10:00:00.000Z'), now: () => clock.time };
  const logLines: string[] = [];
  const accepted: InboundMessage[] = [];
  let signatureChecks = 0;
  const reader: WebhookReader = {
    isAuthentic({ url, headers, body }) {
      signatureChecks += 1;
      const signature = headers['x-twilio-signature'];
      try {
        return twilio.validateRequest(authToken, typeof signature === 'string' ? signature : '', url, {
          ...body,
        });
      } catch {
        return false;
      }
    },
    read: ({ body }) => ({
      messages:
        typeof body.MessageSid === 'string' ? [toMessage(body.MessageSid, String(body.Body ?? ''))] : [],
      events: [],
    }),
  };
  const access = createAccess({
    secretKey: 'k'.repeat(32),
    adminPassword: settings.signIn.adminPassword?.reveal(),
    publicUrl: settings.app.publicUrl,
    clock,
    passwordTries: createPasswordTries(),
  });
  const app = await createServer({
    settings,
    version: '0.0.0-test',
    log: pino({ level: 'trace' }, { write: (line) => void logLines.push(line) }),
    clock,
    access,
    webhook: {
      reader,
      accept: async (messages) => void accepted.push(...messages),
      applyEvents: async () => {},
    },
    readModel: createReadModel(database.db),
    ...createUserAdmin({ db: database.db, clock, newId: () => uuidv7() }),
    health: async () => ({ database: true, queue: { waiting: 2, running: 1, failed: 0, oldestDueMs: 40 } }),
    ...createQuietOperations(),
    ...deps,
  });
  return {
    app,
    db: database.db,
    access,
    accepted,
    signatureChecks: () => signatureChecks,
    logText: () => logLines.join(''),
    clock,
    bearer: () => ({ authorization: `Bearer ${access.issueApiToken().token}` }),
    async [Symbol.asyncDispose]() {
      await app.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** A form as Twilio sends it, signed for `url`. Repeated names are given as arrays. */
export function signedForm(url: string, form: Record<string, string | string[]>) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form))
    for (const item of [value].flat()) body.append(name, item);
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-twilio-signature': twilio.getExpectedTwilioSignature(authToken, url, form),
    },
    payload: body.toString(),
  };
}

function toMessage(providerId: string, text: string): InboundMessage {
  return {
    channel: 'twilio',
    providerId,
    sender: [{ kind: 'phone', scope: '', value: '+15550001111' }],
    replyAddress: 'whatsapp:+15550001111',
    ownAddress: 'whatsapp:+14155238886',
    type: 'text',
    text,
    attachments: [],
  };
}
