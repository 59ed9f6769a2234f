import { describe, expect, it } from 'vitest';
import { canonicalPhone } from '#src/domain/phone.ts';

describe('a phone number', () => {
  it.each([
    ['Brazil without the ninth digit', '551187654321', '+5511987654321'],
    ['Brazil with it', '+5511987654321', '+5511987654321'],
    ['a Brazilian landline', '551133334444', '+551133334444'],
    ['Mexico with the old 1', '5215512345678', '+525512345678'],
    ['Mexico without', '525512345678', '+525512345678'],
    ['Argentina without the 9', '541123456789', '+5491123456789'],
    ['Argentina with it', '5491123456789', '+5491123456789'],
    ['anything else', '+49 (170) 123-4567', '+491701234567'],
  ])('of %s has one form', (_what, given, expected) => {
    expect(canonicalPhone(given)).toBe(expected);
  });
});
