import { describe, expect, it } from 'vitest';
import { explainMetaCode } from '#src/adapters/channels/meta/explain.ts';
import { failureWords } from '#src/bot/failure-words.ts';
import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { Channel } from '#src/ports/channel.ts';

const meta = { explain: explainMetaCode } as Channel;
const refused = new ProviderRefused('request', 'no');
const unavailable = new ProviderUnavailable('down');

describe('why a part was given up', () => {
  it.each([
    ['131026', refused, /^it cannot be delivered: /],
    ['999999', refused, /^the provider refused it with a code that nobody here knows$/],
    ['http_400', refused, /^the provider refused it with HTTP 400 and does not say why$/],
    ['999999', unavailable, /^the provider asked to come back later with a code that nobody here knows, /],
    ['http_502', unavailable, /^the provider answered HTTP 502, however often/],
    [
      'ECONNREFUSED',
      unavailable,
      /^the provider could not be reached or gave no proper answer \(ECONNREFUSED\)/,
    ],
    ['unexpected_error', new TypeError('of somebody'), /^something unexpected went wrong here/],
    ['unknown_outcome', undefined, /^nobody can tell whether it went out/],
  ])('is said in plain words: %s', (code, error, words) => {
    expect(failureWords(meta, code, error)).toMatch(words);
  });

  it('is said of a channel that is not configured any more', () => {
    expect(failureWords(undefined, 'channel_not_configured', undefined)).toMatch(/not configured any more$/);
  });
});
