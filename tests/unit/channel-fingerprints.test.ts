import { describe, expect, it } from 'vitest';
import { loadSettings } from '#config/settings.ts';
import { fingerprintsOf } from '#src/compose/channel-health.ts';

const env = {
  SECRET_KEY: 'k'.repeat(32),
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'the-token-of-twilio',
  TWILIO_WHATSAPP_NUMBER: '+14155238886',
  WHATSAPP_ACCESS_TOKEN: 'EAAthe0token0of0meta',
  WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
  WHATSAPP_APP_SECRET: 'the-secret-of-the-app',
};
const fingerprints = (changes: Record<string, string> = {}) =>
  Object.fromEntries(fingerprintsOf(loadSettings({ ...env, ...changes }), ['simulator', 'twilio', 'meta']));

describe('the fingerprint of a channel', () => {
  it('is the same in every process with the same settings, whatever its role', () => {
    const postgres = { DATABASE_URL: 'postgres://bot:p@localhost:5432/bot' };
    expect(fingerprints({ ...postgres, ROLE: 'web' })).toEqual(fingerprints({ ...postgres, ROLE: 'worker' }));
  });

  it.each([
    ['twilio', 'TWILIO_AUTH_TOKEN', 'another-token'],
    ['twilio', 'TWILIO_WHATSAPP_NUMBER', '+14155238887'],
    ['meta', 'WHATSAPP_ACCESS_TOKEN', 'EAAanother0token'],
    ['meta', 'WHATSAPP_PHONE_NUMBER_ID', '106540352242923'],
    ['meta', 'NUDGE_TEMPLATE', 'you_have_an_update'],
  ])('of %s changes with %s, and no other one does', (channel, name, value) => {
    const [before, after] = [fingerprints(), fingerprints({ [name]: value })];
    const changed = Object.keys(before).filter((each) => before[each] !== after[each]);
    expect(changed).toEqual([channel]);
  });

  it('gives nothing away, and cannot be computed without the secret key', () => {
    const values = Object.values(fingerprints());
    for (const value of values) expect(value).toMatch(/^[\w-]{43}$/);
    for (const value of Object.values(fingerprints({ SECRET_KEY: 'l'.repeat(32) })))
      expect(values).not.toContain(value);
  });
});
