import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { envExample, settingsTable } from '#config/env-docs.ts';
import { loadSettings } from '#config/settings.ts';
import { SettingsWrong } from '#src/domain/errors.ts';

const production = {
  APP_ENV: 'production',
  SECRET_KEY: 'k'.repeat(32),
  ADMIN_PASSWORD: 'a good password',
  PUBLIC_URL: 'https://bot.example.com/',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'twilio-auth-token',
  TWILIO_WHATSAPP_NUMBER: '+14155238886',
  OPENAI_API_KEY: 'sk-openai-key',
};

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    loadSettings(source);
  } catch (error) {
    if (error instanceof SettingsWrong) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('need nothing at all', () => {
    const settings = loadSettings({});
    expect(settings.app).toMatchObject({
      name: 'WhatsApp AI Bot',
      env: 'development',
      host: '0.0.0.0',
      port: 8000,
    });
    expect(settings.database).toEqual({ engine: 'sqlite', file: './data/whatsapp_bot.db' });
    expect(settings.ai).toMatchObject({ openai: undefined, model: 'gpt-6-luna', visionModel: 'gpt-6-luna' });
    expect(settings.conversation).toEqual({ historyMessages: 10, replyDelayMs: 1200, turnsAtOnce: 64 });
    expect(settings.access.rateLimit).toEqual({ messages: 10, windowSeconds: 60 });
    expect(settings.twilio).toBeUndefined();
  });

  it('treat an empty value as unset', () => {
    expect(loadSettings({ PORT: '', APP_NAME: ' ', RATE_LIMIT_MESSAGES: '' })).toEqual(loadSettings({}));
  });

  it.each([
    ['sqlite:///./data/bot.db', './data/bot.db'],
    ['sqlite:////var/lib/bot.db', '/var/lib/bot.db'],
    ['sqlite::memory:', ':memory:'],
  ])('read the database address %s', (url, file) => {
    expect(loadSettings({ DATABASE_URL: url }).database).toEqual({ engine: 'sqlite', file });
  });

  it.each([
    ['', 'responses'],
    ['https://api.openai.com/v1', 'responses'],
    ['https://team.openai.azure.com/openai/v1', 'responses'],
    ['http://localhost:11434/v1', 'chat'],
    ['https://openai.com.evil.example/v1', 'chat'],
  ])('speak the right API to %s', (baseUrl, api) => {
    const { openai } = loadSettings({ OPENAI_API_KEY: 'key', OPENAI_BASE_URL: baseUrl }).ai;
    expect(openai?.api).toBe(api);
  });

  it('normalize the whitelist and know the star', () => {
    const { access } = loadSettings({
      WHITELISTED_USERS: '+49 170 1234567, whatsapp:+5511987654321,+551187654321,*',
    });
    expect(access.everyone).toBe(true);
    expect(access.whitelist).toEqual(['+491701234567', '+5511987654321', '+5511987654321']);
  });

  it('name every fault at once', () => {
    const problems = problemsOf({
      PORT: 'many',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x',
      WHITELISTED_USERS: 'bob',
    });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
      'WHITELISTED_USERS',
    ]);
  });

  it.each(['postgres://bot:pw@db', 'postgresql://bot:pw@db:5432/', 'postgres://bot:pw@db?sslmode=require'])(
    'miss the name of the database in %s',
    (url) => {
      expect(problemsOf({ DATABASE_URL: url })).toEqual([
        'DATABASE_URL names no database: add one at the end, such as …/bot.',
      ]);
    },
  );

  it('take a token for Prometheus that cannot be guessed, or none', () => {
    expect(loadSettings({}).metricsToken).toBeUndefined();
    const settings = loadSettings({ METRICS_TOKEN: 'sixteen-letters!' });
    expect(settings.metricsToken?.reveal()).toBe('sixteen-letters!');
    expect(inspect(settings)).not.toContain('sixteen-letters!');
    expect(problemsOf({ METRICS_TOKEN: 'short' })).toEqual([expect.stringContaining('METRICS_TOKEN')]);
  });

  it.each([
    'sixteen letters!',
    'sixteen\tletters!',
    'sixteen-lettérs!',
    'sixteen-letters€',
    'sixteen\u007fletters!',
  ])('refuse a token for Prometheus that no header carries: %j', (METRICS_TOKEN) => {
    const problems = problemsOf({ METRICS_TOKEN });
    expect(problems).toEqual([expect.stringMatching(/^METRICS_TOKEN may only have visible ASCII/)]);
    expect(problems[0]).not.toContain(METRICS_TOKEN);
  });

  it('never print a secret', () => {
    const settings = loadSettings(production);
    const printed =
      JSON.stringify(settings) + inspect(settings, { depth: 10 }) + String(settings.twilio?.authToken);
    expect(printed).toContain('[secret]');
    for (const secret of [production.SECRET_KEY, 'a good password', 'twilio-auth-token', 'sk-openai-key']) {
      expect(printed).not.toContain(secret);
    }
    expect(settings.twilio?.authToken.reveal()).toBe('twilio-auth-token');
  });
});

describe('in production', () => {
  it('a complete configuration starts', () => {
    expect(problemsOf(production)).toEqual([]);
    expect(loadSettings(production).app.publicUrl).toBe('https://bot.example.com');
  });

  it('everything that is missing is named, one line each', () => {
    const names = problemsOf({ APP_ENV: 'production' }).map((problem) => problem.split(' ')[0]);
    expect(names).toEqual(['SECRET_KEY', 'ADMIN_PASSWORD', 'PUBLIC_URL', 'OPENAI_API_KEY']);
  });

  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_WHATSAPP_NUMBER, ...withoutChannel } = production;
  const twilio = { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_WHATSAPP_NUMBER };
  const meta = {
    WHATSAPP_ACCESS_TOKEN: 'EAAG-token',
    WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
    WHATSAPP_VERIFY_TOKEN: 'a word',
    WHATSAPP_APP_SECRET: 'an app secret',
  };
  const { WHATSAPP_APP_SECRET: secretOfApp, ...metaWithoutSecret } = meta;

  it.each([
    ['Twilio', twilio, true, false],
    ['Meta', meta, false, true],
    ['both', { ...twilio, ...meta }, true, true],
    ['none, for the chat page alone', {}, false, false],
    ['Meta by the other name', { ...metaWithoutSecret, WHATSAPP_WEBHOOK_SECRET: secretOfApp }, false, true],
  ])('channels stand for themselves: %s', (_name, channels, hasTwilio, hasMeta) => {
    const settings = loadSettings({ ...withoutChannel, ...channels });
    expect([settings.twilio !== undefined, settings.meta !== undefined]).toEqual([hasTwilio, hasMeta]);
  });

  it.each([
    ['a Twilio number', { TWILIO_WHATSAPP_NUMBER }, ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN']],
    ['Meta without its secret', metaWithoutSecret, ['WHATSAPP_APP_SECRET']],
    [
      'a Meta account',
      { WHATSAPP_BUSINESS_ACCOUNT_ID: '102290129340398' },
      ['WHATSAPP_ACCESS_TOKEN', 'WHATSAPP_PHONE_NUMBER_ID', 'WHATSAPP_VERIFY_TOKEN', 'WHATSAPP_APP_SECRET'],
    ],
    ['two different app secrets', { ...meta, WHATSAPP_WEBHOOK_SECRET: 'another' }, ['WHATSAPP_APP_SECRET']],
    [
      'a phone number as its id',
      { ...meta, WHATSAPP_PHONE_NUMBER_ID: '+14155238886' },
      ['WHATSAPP_PHONE_NUMBER_ID'],
    ],
    ['an odd version', { ...meta, WHATSAPP_API_VERSION: '26' }, ['WHATSAPP_API_VERSION']],
  ])('half a channel refuses to start: %s', (_name, channels, missing) => {
    const names = problemsOf({ ...withoutChannel, ...channels }).map((problem) => problem.split(' ')[0]);
    expect(names).toEqual(missing);
  });

  it.each([
    ['PUBLIC_URL', 'http://bot.example.com', 1],
    ['PUBLIC_URL', 'http://127.0.0.1:8000', 0],
    ['PUBLIC_URL', 'http://localhost:8000', 0],
    ['SECRET_KEY', 'short', 1],
    ['ADMIN_PASSWORD', 'short', 1],
    ['DATABASE_URL', 'sqlite::memory:', 1],
    ['TWILIO_ACCOUNT_SID', 'SK123', 1],
  ])('%s=%s gives %i problem(s)', (name, value, count) => {
    expect(problemsOf({ ...production, [name]: value })).toHaveLength(count);
  });

  it.each([
    ['postgres://bot:p@db.example.com:5432/bot'],
    ['postgresql://bot@localhost/bot?host=/var/run/postgresql'],
    ['postgres://bot:a%40b%23c@db/bot?sslmode=require'],
  ])('Postgres needs nothing more: %s', (DATABASE_URL) => {
    expect(problemsOf({ ...production, DATABASE_URL })).toEqual([]);
    for (const ROLE of ['all', 'web', 'worker']) {
      expect(problemsOf({ ...production, DATABASE_URL, ROLE })).toEqual([]);
    }
  });

  it.each([
    'postgres://bot:kept#quiet@db/bot',
    'postgres://bot:kept quiet@[db/bot',
    'postgres://bot:kept100%@db/bot',
    'postgre://bot:kept@db/bot',
  ])('an address that cannot be read is not repeated: %s', (DATABASE_URL) => {
    const problems = problemsOf({ ...production, DATABASE_URL });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^DATABASE_URL must be /);
    expect(problems[0]).not.toContain('kept');
  });

  it('an own model server needs no key', () => {
    expect(
      problemsOf({ ...production, OPENAI_API_KEY: '', OPENAI_BASE_URL: 'http://ollama:11434/v1' }),
    ).toEqual([]);
  });
});

describe('the template that asks people to write', () => {
  const sid = `HX${'0aF'.repeat(10)}00`;

  it.each([
    ['', { twilio: undefined, meta: undefined }],
    ['update_waiting', { twilio: undefined, meta: { name: 'update_waiting', language: 'en_US' } }],
    [sid, { twilio: sid, meta: undefined }],
    [`update_waiting, ${sid}`, { twilio: sid, meta: { name: 'update_waiting', language: 'en_US' } }],
  ])('is read from %j', (NUDGE_TEMPLATE, nudges) => {
    expect(loadSettings({ NUDGE_TEMPLATE }).nudges).toEqual(nudges);
  });

  it.each([
    { NUDGE_TEMPLATE: 'Update Waiting' },
    { NUDGE_TEMPLATE: 'one,another' },
    { NUDGE_TEMPLATE: 'HX12' },
    { NUDGE_TEMPLATE_LANGUAGE: 'english please' },
  ])('is refused as %j', (env) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(/^NUDGE_TEMPLATE/)]);
  });
});

describe('the templates for choices on Twilio', () => {
  const [two, three] = [`HX${'2'.repeat(32)}`, `HX${'3'.repeat(32)}`];

  it.each([
    ['', []],
    [two, [two]],
    [`${two}, ${three}`, [two, three]],
  ])('are read from %j', (TWILIO_CHOICES_CONTENT_SID, templates) => {
    const { twilio } = loadSettings({ TWILIO_AUTH_TOKEN: 'a token', TWILIO_CHOICES_CONTENT_SID });
    expect(twilio?.choiceTemplates).toEqual(templates);
  });

  it.each(['HX12', 'choices', `${two},${three},${two}`])('are refused as %j', (given) => {
    const problems = problemsOf({ TWILIO_CHOICES_CONTENT_SID: given });
    expect(problems).toEqual([expect.stringMatching(/^TWILIO_CHOICES_CONTENT_SID/)]);
  });
});

describe('the documentation (npm run env:example writes it)', () => {
  const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

  it('.env.example is what the schema says', () => {
    expect(read('.env.example')).toBe(envExample());
  });

  it('the table in the README is what the schema says', () => {
    expect(read('README.md')).toContain(settingsTable());
  });
});
