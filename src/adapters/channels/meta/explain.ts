import type { CodeMeaning } from '#src/domain/delivery.ts';
import { classifyMetaError, rateLimitOf } from './errors.ts';

/** What is no code of Meta's, but the `vendorCode` of a refusal all the same. */
const others = new Map<string, CodeMeaning>([
  ['no_account', { kind: 'stops', words: 'no access token is configured' }],
  ['http_401', { kind: 'stops', words: 'the access token is not accepted' }],
  ['http_403', { kind: 'stops', words: 'the access token lacks a permission' }],
  ['bad_address', { kind: 'final', words: 'the address is neither a phone number nor a user id' }],
  ['template_value', { kind: 'final', words: 'a value of the template goes to no known place' }],
  ['media_type', { kind: 'final', words: 'WhatsApp carries no files of this type' }],
  ['media_size', { kind: 'final', words: 'the file is empty or larger than WhatsApp carries' }],
  ['caption', { kind: 'final', words: 'the file has no room for its text' }],
  ['no_file', { kind: 'final', words: 'the file to send is not there' }],
]);

/** What a code of Meta's means, from a refusal or a failed status; undefined for codes that nobody has met yet. */
export function explainMetaCode(code: string): CodeMeaning | undefined {
  const known = /^\d{1,9}$/.test(code) ? classifyMetaError(Number(code)) : undefined;
  if (!known) return others.get(code);
  const { kind, waitMs, words, concernsOwner, concernsTemplate } = known;
  if (kind === 'stop') return { kind: 'stops', words };
  if (kind === 'window') return { kind, words };
  if (known.reason !== undefined)
    return {
      kind: 'final',
      words,
      ...(concernsOwner && { concernsOwner }),
      ...(concernsTemplate && { concernsTemplate }),
    };
  return {
    kind: 'passes',
    words,
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    ...(rateLimitOf(known) && { isRateLimit: true }),
  };
}
