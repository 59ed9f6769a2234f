import { describe, expect, it } from 'vitest';
import { classifyMetaError, type MetaFailureKind, rateLimitOf } from '#src/adapters/channels/meta/errors.ts';
import { explainMetaCode } from '#src/adapters/channels/meta/explain.ts';

describe('a code of Meta’s', () => {
  it.each<[MetaFailureKind, number[]]>([
    ['retry', [1, 2, 131000, 131016, 131052, 131057, 135000]],
    ['back_off', [4, 80007, 130429, 133016]],
    ['pair_rate', [131056]],
    ['window', [131047]],
    [
      'permanent',
      [100, 130472, 130497, 131008, 131009, 131021, 131026, 131030, 131049, 131050, 131051, 131053, 131062],
    ],
    ['permanent', [131063, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016]],
    ['stop', [0, 3, 10, 190, 200, 250, 299, 368, 131031, 131042, 131048, 131064]],
  ])('is of the kind %s: %j', (kind, codes) => {
    for (const code of codes) expect([code, classifyMetaError(code)?.kind]).toEqual([code, kind]);
  });

  it('has a reason exactly where it never passes, and a wait where one is known', () => {
    for (let code = 0; code < 140_000; code += 1) {
      const failure = classifyMetaError(code);
      if (!failure) continue;
      const passes = ['retry', 'back_off', 'pair_rate'].includes(failure.kind);
      expect([code, failure.reason === undefined]).toEqual([code, passes]);
      expect([code, failure.waitMs !== undefined]).toEqual([
        code,
        ['back_off', 'pair_rate'].includes(failure.kind),
      ]);
      expect(failure.words).toMatch(/^(?:[a-z]|Meta)[^.]+$/);
    }
  });

  it('tells whom a limit is for', () => {
    const limits = [4, 80007, 130429, 131056, 131000, 190, 999999].map((code) =>
      rateLimitOf(classifyMetaError(code)),
    );
    expect(limits).toEqual([...Array(3).fill('everybody'), 'person', undefined, undefined, undefined]);
    expect(explainMetaCode('130429')).toMatchObject({ kind: 'passes', isRateLimit: true });
    expect(explainMetaCode('131000')).not.toHaveProperty('isRateLimit');
  });

  it('is explained in plain words', () => {
    expect(explainMetaCode('131056')).toMatchObject({ kind: 'passes', retryAfterMs: 6_000 });
    expect(explainMetaCode('131026')).toEqual({ kind: 'final', words: expect.any(String) });
    expect(explainMetaCode('130497')).toMatchObject({ kind: 'final', concernsOwner: true });
    expect(explainMetaCode('131047')).toMatchObject({
      kind: 'window',
      words: expect.stringContaining('24 hours'),
    });
    expect(explainMetaCode('190')).toMatchObject({ kind: 'stops' });
    expect(explainMetaCode('http_401')).toMatchObject({ kind: 'stops' });
  });

  it.each(['', ' ', '-1', '1e3', '199', '300', '999999', 'http_500', 'undefined'])(
    'is not explained where nobody knows it: %j',
    (code) => {
      expect(explainMetaCode(code)).toBeUndefined();
    },
  );
});
