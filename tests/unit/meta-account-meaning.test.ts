import { describe, expect, it } from 'vitest';
import { parseAccount, parseValueError } from '#src/adapters/channels/meta/parse-account.ts';

const ban = (waba_ban_state: string) => ({ event: 'DISABLED_UPDATE', ban_info: { waba_ban_state } });
const restriction = (...types: string[]) => ({
  event: 'ACCOUNT_RESTRICTION',
  restriction_info: types.map((restriction_type) => ({ restriction_type })),
});

describe('a report about the account', () => {
  it.each([
    ['account_update', ban('DISABLE'), 'stops'],
    ['account_update', ban('SCHEDULE_FOR_DISABLE'), 'concerns_owner'],
    ['account_update', ban('REINSTATE'), 'ends'],
    ['account_update', restriction('RESTRICTED_CUSTOMER_INITIATED_MESSAGING'), 'stops'],
    ['account_update', restriction('RESTRICTED_BIZ_INITIATED_MESSAGING'), 'concerns_owner'],
    ['account_update', restriction(), 'concerns_owner'],
    ['account_update', { event: 'ACCOUNT_VIOLATION' }, 'concerns_owner'],
    ['account_update', { event: 'ACCOUNT_DELETED' }, 'stops'],
    ['account_update', { event: 'VERIFIED_ACCOUNT' }, undefined],
    ['phone_number_quality_update', { event: 'FLAGGED' }, 'concerns_owner'],
    ['phone_number_quality_update', { event: 'UNFLAGGED' }, 'ends'],
    ['phone_number_quality_update', { event: 'ONBOARDING' }, undefined],
    ['security', { event: 'PIN_CHANGED' }, undefined],
  ])('in %s: %j means %s', (field, value, kind) => {
    expect(parseAccount(field, value).meaning?.kind).toBe(kind);
  });

  it('that is good news ends what the bad news began', () => {
    const reinstated = parseAccount('account_update', ban('REINSTATE')).meaning;
    const disabled = parseAccount('account_update', ban('DISABLE')).code;
    expect(reinstated).toMatchObject({ codes: expect.arrayContaining([disabled, '131031']) });
  });

  it.each([
    [131031, 'stops'],
    [190, 'stops'],
    [999999, 'concerns_owner'],
    [130429, undefined],
    [131026, undefined],
  ])('by the code %i beside messages means %s', (code, kind) => {
    expect(parseValueError({ code, title: 'Something' })).toMatchObject({ code: String(code) });
    expect((parseValueError({ code, title: 'Something' }) as { meaning?: object }).meaning).toEqual(
      kind ? { kind, words: expect.any(String) } : undefined,
    );
  });
});
