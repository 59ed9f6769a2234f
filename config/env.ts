import type { z } from 'zod';
import { channelEnv } from './env-channels.ts';
import { dollars, flag, isHttpUrl, list, oneOf, origin, proxies, text, wholeNumber } from './env-values.ts';
import { secret, type Variable, variable } from './env-variable.ts';

/** Every variable the product reads, in the order of `.env.example`. An empty value means unset. */
export const env = {
  APP_NAME: variable('Application', 'Name shown on the pages and in the API docs.', 'WhatsApp AI Bot', text),
  APP_ENV: variable(
    'Application',
    'development starts with nothing configured; production refuses to start half configured.',
    'development',
    oneOf(['development', 'production', 'test']),
  ),
  DEBUG: variable('Application', 'true logs at debug level.', 'false', flag),
  ROLE: variable(
    'Application',
    'What this process does: all, or with Postgres also web (takes webhooks, shows pages) or worker (answers).',
    'all',
    oneOf(['all', 'web', 'worker']),
  ),
  HOST: variable('Application', 'Address to listen on.', '0.0.0.0', text),
  PORT: variable('Application', 'Port to listen on; 0 takes a free one.', '8000', wholeNumber(0, 65_535)),
  DRAIN_SECONDS: variable(
    'Application',
    'When it is told to end, it goes on taking requests for so long with /health/ready red, so that a balancer turns away first.',
    '1',
    wholeNumber(0, 5),
  ),
  PUBLIC_URL: variable(
    'Application',
    'The address the world sees, for instance https://bot.example.com. Twilio signs webhooks for it.',
    '',
    origin,
  ),
  TRUST_PROXY: variable(
    'Application',
    'Proxies whose X-Forwarded-* headers are believed: false, true, a number of hops, or comma-separated addresses.',
    'false',
    proxies,
  ),
  LOG_LEVEL: variable(
    'Application',
    'How much is logged. Text and phone numbers never are.',
    'info',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  ),
  ALLOWED_ORIGINS: variable(
    'Application',
    'Web origins that may call the API from a browser, comma-separated.',
    '',
    list,
  ),
  SECRET_KEY: secret(
    'Sign-in',
    'Signs sessions and API tokens; at least 32 characters: openssl rand -hex 32',
  ),
  ADMIN_PASSWORD: secret('Sign-in', 'Password of the chat page and the API; at least 8 characters.'),
  METRICS_TOKEN: secret(
    'Sign-in',
    'Bearer token Prometheus shows for /metrics; at least 16 characters without blanks; empty = only signed-in API clients.',
  ),
  DATABASE_URL: variable(
    'Storage',
    'sqlite:///./data/whatsapp_bot.db (relative), sqlite:////var/lib/bot.db (absolute), sqlite::memory: or postgres://user:password@host:5432/name.',
    'sqlite:///./data/whatsapp_bot.db',
    text,
  ),
  DATABASE_POOL_SIZE: variable(
    'Storage',
    'Postgres: connections of one process for its own queries; it opens up to 6 more for the queue and for listening.',
    '10',
    wholeNumber(2, 200),
  ),
  DATA_DIR: variable(
    'Storage',
    'Folder for the files people send; empty = beside the SQLite file, with Postgres ./data. All processes share it.',
    '',
    text,
  ),
  ...channelEnv,
  OPENAI_API_KEY: secret('Model', 'OpenAI key. Without a key (or a base URL) the offline assistant answers.'),
  OPENAI_BASE_URL: variable(
    'Model',
    'Another OpenAI-compatible server, for instance http://localhost:11434/v1.',
    '',
    origin,
  ),
  OPENAI_API: variable(
    'Model',
    'Which API to speak: auto picks responses for OpenAI and Azure, chat for any other base URL.',
    'auto',
    oneOf(['auto', 'responses', 'chat']),
  ),
  OPENAI_MODEL: variable('Model', 'Model that answers.', 'gpt-6-luna', text),
  OPENAI_VISION_MODEL: variable(
    'Model',
    'Model that looks at photos and scanned pages; empty = OPENAI_MODEL.',
    '',
    text,
  ),
  OPENAI_TRANSCRIBE_MODEL: variable(
    'Model',
    'Model that transcribes voice notes (whisper-1 works until it retires on 2027-02-26).',
    'gpt-transcribe',
    text,
  ),
  WHITELISTED_USERS: variable(
    'Access',
    'Who may use the bot: phone numbers with country code, comma-separated; * = everyone; empty = nobody.',
    '',
    list,
  ),
  RATE_LIMIT_MESSAGES: variable(
    'Access',
    'Messages one person may send in a window.',
    '10',
    wholeNumber(1, 100_000),
  ),
  RATE_LIMIT_WINDOW_SECONDS: variable(
    'Access',
    'Length of that window in seconds.',
    '60',
    wholeNumber(1, 86_400),
  ),
  DAILY_BUDGET_USD_PER_USER: variable(
    'Access',
    'What one person may cost a UTC day, in USD; empty = no limit.',
    '',
    dollars,
  ),
  DAILY_BUDGET_USD: variable(
    'Access',
    'What all people together may cost a UTC day, in USD; empty = no limit.',
    '',
    dollars,
  ),
  TURNS_AT_ONCE: variable(
    'Conversation',
    'People one process answers side by side; the others wait their turn.',
    '64',
    wholeNumber(1, 1_000),
  ),
  MAX_CONVERSATION_HISTORY: variable(
    'Conversation',
    'Earlier messages the model is shown: at least so many (if they fit 6,000 tokens), at most twice as many, so that prompts can be cached.',
    '10',
    wholeNumber(0, 200),
  ),
  REPLY_DELAY_MS: variable(
    'Conversation',
    'The quiet moment that joins several messages into one turn, in milliseconds.',
    '1200',
    wholeNumber(0, 60_000),
  ),
  MAX_MEDIA_MB: variable('Media', 'Largest file that is read, in MB.', '16', wholeNumber(1, 100)),
  MAX_PDF_PAGES: variable(
    'Media',
    'Most pages, sheets or slides of one document that are read.',
    '200',
    wholeNumber(1, 5_000),
  ),
  MEDIA_RETENTION_DAYS: variable(
    'Media',
    'Days files are kept on disk; what was read in them stays.',
    '30',
    wholeNumber(1, 3_650),
  ),
  MEDIA_EXTRA_ORIGINS: variable(
    'Media',
    'Further origins (scheme, host and port) media may be fetched from, comma-separated (proxies, tests).',
    '',
    list.refine((items) => items.every(isHttpUrl), 'must be origins such as https://media.example.com'),
  ),
} as const satisfies Record<string, Variable<unknown>>;

export type EnvName = keyof typeof env;
/** The environment after reading, still flat. */
export type Env = { readonly [Name in EnvName]: z.output<(typeof env)[Name]['read']> };

/** Reads every variable. All faults are returned together, each naming its variable. */
export function readEnv(source: Readonly<Record<string, string | undefined>>): {
  values: Partial<Env>;
  problems: string[];
} {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { read, byDefault }] of Object.entries(env)) {
    const given = source[name]?.trim();
    const result = read.safeParse(given ? given : byDefault);
    if (result.success) values[name] = result.data;
    else problems.push(`${name} ${result.error.issues[0]?.message ?? 'is not valid'}.`);
  }
  return { values: values as Partial<Env>, problems };
}
