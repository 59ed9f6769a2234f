import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { SettingsWrong } from '#src/domain/errors.ts';
import { canonicalPhone } from '#src/domain/phone.ts';
import {
  channelProblems,
  halfConfigured,
  type MetaSettings,
  type NudgeSettings,
  type TwilioSettings,
  toMeta,
  toNudges,
  toTwilio,
} from './channel-settings.ts';
import { type DatabaseTarget, namesNoDatabase, parseDatabaseUrl } from './database-target.ts';
import { type Env, readEnv } from './env.ts';
import type { MessagePrice } from './message-prices.ts';
import { isOfficialHost } from './openai-hosts.ts';
import { productionProblems } from './production.ts';
import { Secret } from './secret.ts';

/** Everything the product can be told, typed and checked. */
export interface Settings {
  readonly app: {
    readonly name: string;
    readonly env: Env['APP_ENV'];
    readonly role: Env['ROLE'];
    readonly host: string;
    readonly port: number;
    /** How long the port stays open after readiness turned red, in milliseconds. */
    readonly drainMs: number;
    /** Without a trailing slash; undefined when unset. */
    readonly publicUrl: string | undefined;
    readonly trustProxy: boolean | number | string[];
    readonly logLevel: Env['LOG_LEVEL'];
    readonly allowedOrigins: readonly string[];
  };
  readonly signIn: { readonly secretKey: Secret | undefined; readonly adminPassword: Secret | undefined };
  readonly database: DatabaseTarget;
  /** Folder for files people send; undefined = beside the database file, or ./data. */
  readonly dataFolder: string | undefined;
  /** Undefined until an auth token is set: without it no webhook can be verified. */
  readonly twilio: TwilioSettings | undefined;
  /** Undefined until it is configured whole. */
  readonly meta: MetaSettings | undefined;
  /** What is missing while it is configured in part. */
  readonly metaGaps: readonly string[];
  readonly verifyToken: Secret | undefined;
  readonly nudges: NudgeSettings;
  /** How many messages a second broadcasts hand out together. */
  readonly broadcasts: { readonly perSecond: number; readonly prices: readonly MessagePrice[] };
  /** What Prometheus shows for /metrics; undefined = only signed-in API clients. */
  readonly metricsToken: Secret | undefined;
  readonly ai: {
    /** Undefined = the offline assistant. */
    readonly openai:
      | { readonly apiKey: Secret; readonly baseUrl: string | undefined; readonly api: 'responses' | 'chat' }
      | undefined;
    readonly model: string;
    readonly visionModel: string;
    readonly transcribeModel: string;
  };
  readonly access: {
    readonly everyone: boolean;
    /** E.164 with plus. */
    readonly whitelist: readonly string[];
    readonly rateLimit: { readonly messages: number; readonly windowSeconds: number };
    readonly dailyBudgetMicros: { readonly perUser: number | undefined; readonly total: number | undefined };
  };
  readonly conversation: {
    readonly historyMessages: number;
    readonly replyDelayMs: number;
    readonly turnsAtOnce: number;
  };
  readonly media: {
    readonly maxBytes: number;
    readonly maxPdfPages: number;
    readonly retentionDays: number;
    readonly extraOrigins: readonly string[];
  };
}

/**
 * Turns the environment into settings.
 * @throws SettingsWrong with every missing, malformed or contradictory variable, one sentence each
 */
export function loadSettings(source: Readonly<Record<string, string | undefined>>): Settings {
  const { values, problems } = readEnv(source);
  // Each rule only looks at variables that could be read, so one typo does not hide another problem.
  const database =
    values.DATABASE_URL === undefined
      ? undefined
      : parseDatabaseUrl(values.DATABASE_URL, values.DATABASE_POOL_SIZE ?? 10);
  if (database === null) {
    problems.push(
      namesNoDatabase(values.DATABASE_URL ?? '')
        ? 'DATABASE_URL names no database: add one at the end, such as …/bot.'
        : 'DATABASE_URL must be sqlite:///./path (relative), sqlite:////path (absolute), sqlite::memory: or postgres://user:password@host:5432/name.',
    );
  }
  if (database?.engine === 'sqlite' && values.ROLE !== undefined && values.ROLE !== 'all') {
    problems.push('ROLE must be all on SQLite, where one process does everything. Several need Postgres.');
  }
  const phones = (values.WHITELISTED_USERS ?? [])
    .filter((item) => item !== '*')
    .map((item) => [item, toE164(item)] as const);
  for (const [given, phone] of phones) {
    if (!phone)
      problems.push(
        `WHITELISTED_USERS has "${given}", which is not a phone number with country code such as +491701234567.`,
      );
  }
  if (values.TWILIO_WHATSAPP_NUMBER && !toE164(values.TWILIO_WHATSAPP_NUMBER)) {
    problems.push('TWILIO_WHATSAPP_NUMBER must be a phone number with country code such as +14155238886.');
  }
  if (values.METRICS_TOKEN && values.METRICS_TOKEN.length < 16) {
    problems.push('METRICS_TOKEN is too short: use at least 16 characters, or leave it empty.');
  }
  // It travels in a header, where anything else arrives changed or not at all.
  if (values.METRICS_TOKEN && !/^[!-~]+$/.test(values.METRICS_TOKEN)) {
    problems.push(
      'METRICS_TOKEN may only have visible ASCII characters and no blanks. Make one with: openssl rand -hex 24',
    );
  }
  problems.push(...channelProblems(values));
  if (values.APP_ENV === 'production') problems.push(...productionProblems(values));
  if (problems.length > 0 || !database) throw new SettingsWrong(problems);
  // No problems: every variable was read.
  return toSettings(
    values as Env,
    database,
    phones.flatMap(([, phone]) => phone ?? []),
  );
}

function toSettings(values: Env, database: DatabaseTarget, whitelist: string[]): Settings {
  return {
    app: {
      name: values.APP_NAME,
      env: values.APP_ENV,
      role: values.ROLE,
      host: values.HOST,
      port: values.PORT,
      drainMs: values.DRAIN_SECONDS * 1_000,
      publicUrl: values.PUBLIC_URL.replace(/\/+$/, '') || undefined,
      trustProxy: parseTrustProxy(values.TRUST_PROXY),
      logLevel: values.DEBUG ? 'debug' : values.LOG_LEVEL,
      allowedOrigins: values.ALLOWED_ORIGINS,
    },
    signIn: { secretKey: toSecret(values.SECRET_KEY), adminPassword: toSecret(values.ADMIN_PASSWORD) },
    database,
    dataFolder: values.DATA_DIR || undefined,
    // As Twilio knows it: only people's numbers are brought to one form for comparing.
    twilio: toTwilio(values, parsePhone(values.TWILIO_WHATSAPP_NUMBER) ?? ''),
    meta: toMeta(values),
    metaGaps: halfConfigured(values).filter((gap) => gap.startsWith('WHATSAPP_')),
    verifyToken: toSecret(values.WHATSAPP_VERIFY_TOKEN),
    nudges: toNudges(values),
    broadcasts: { perSecond: values.BROADCAST_PER_SECOND, prices: values.WHATSAPP_PRICES_USD },
    metricsToken: toSecret(values.METRICS_TOKEN),
    ai: {
      openai:
        values.OPENAI_API_KEY || values.OPENAI_BASE_URL
          ? {
              // Compatible servers ignore the key, but the SDK insists on one.
              apiKey: new Secret(values.OPENAI_API_KEY || 'none'),
              baseUrl: values.OPENAI_BASE_URL || undefined,
              api:
                values.OPENAI_API === 'auto'
                  ? isOfficialHost(values.OPENAI_BASE_URL)
                    ? 'responses'
                    : 'chat'
                  : values.OPENAI_API,
            }
          : undefined,
      model: values.OPENAI_MODEL,
      visionModel: values.OPENAI_VISION_MODEL || values.OPENAI_MODEL,
      transcribeModel: values.OPENAI_TRANSCRIBE_MODEL,
    },
    access: {
      everyone: values.WHITELISTED_USERS.includes('*'),
      whitelist,
      rateLimit: { messages: values.RATE_LIMIT_MESSAGES, windowSeconds: values.RATE_LIMIT_WINDOW_SECONDS },
      dailyBudgetMicros: {
        perUser: toMicros(values.DAILY_BUDGET_USD_PER_USER),
        total: toMicros(values.DAILY_BUDGET_USD),
      },
    },
    conversation: {
      historyMessages: values.MAX_CONVERSATION_HISTORY,
      replyDelayMs: values.REPLY_DELAY_MS,
      turnsAtOnce: values.TURNS_AT_ONCE,
    },
    media: {
      maxBytes: values.MAX_MEDIA_MB * 1024 * 1024,
      maxPdfPages: values.MAX_PDF_PAGES,
      retentionDays: values.MEDIA_RETENTION_DAYS,
      extraOrigins: values.MEDIA_EXTRA_ORIGINS.map((item) => new URL(item).origin),
    },
  };
}

function toSecret(value: string): Secret | undefined {
  return value === '' ? undefined : new Secret(value);
}

function toMicros(usd: number | undefined): number | undefined {
  return usd === undefined ? undefined : Math.round(usd * 1_000_000);
}

function toE164(text: string): string | undefined {
  const phone = parsePhone(text);
  return phone && canonicalPhone(phone);
}

function parsePhone(text: string): string | undefined {
  const digits = text.replace(/^whatsapp:/, '');
  const phone = parsePhoneNumberFromString(digits.startsWith('+') ? digits : `+${digits}`);
  return phone?.isPossible() ? phone.number : undefined;
}

function parseTrustProxy(text: string): boolean | number | string[] {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text.split(',').map((item) => item.trim());
}
