import { describe, expect, it } from 'vitest';
import { loadSettings } from '#config/settings.ts';
import { startWarnings } from '#config/warnings.ts';

const postgres = { DATABASE_URL: 'postgres://bot@db/bot' };
const twilio = { TWILIO_AUTH_TOKEN: 'twilio-auth-token' };
/** The variables that the warnings at start begin with. */
const warnedOf = (source: Record<string, string>) =>
  startWarnings(loadSettings(source), new Date('2026-11-21')).map((warning) => warning.split(' ')[0]);

describe('warnings at start', () => {
  it('say that processes on Postgres do not share sign-ins without SECRET_KEY', () => {
    expect(warnedOf(postgres)).toContain('SECRET_KEY');
    expect(warnedOf({ ...postgres, SECRET_KEY: 'k'.repeat(32) })).not.toContain('SECRET_KEY');
    expect(warnedOf({})).not.toContain('SECRET_KEY');
  });

  it('say what does not work without the id of the WhatsApp Business Account', () => {
    const meta = {
      WHATSAPP_ACCESS_TOKEN: 'token',
      WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
      WHATSAPP_APP_SECRET: 'secret',
    };
    const account = 'WHATSAPP_BUSINESS_ACCOUNT_ID';
    expect(warnedOf(meta)).toContain(account);
    expect(warnedOf({ ...meta, [account]: '102290129340398' })).not.toContain(account);
    expect(warnedOf({})).not.toContain(account);
  });

  it('speak of PUBLIC_URL to those who take webhooks', () => {
    for (const ROLE of ['all', 'web'])
      expect(warnedOf({ ...postgres, ...twilio, ROLE })).toContain('PUBLIC_URL');
    expect(warnedOf({ ...postgres, ...twilio, ROLE: 'worker' })).not.toContain('PUBLIC_URL');
    expect(warnedOf({ ...twilio, PUBLIC_URL: 'https://bot.example.com' })).not.toContain('PUBLIC_URL');
  });
});
