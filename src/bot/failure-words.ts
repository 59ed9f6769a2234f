import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { Channel } from '#src/ports/channel.ts';

/** Of a part that may be out, and that nobody can look for. */
export const unknownOutcome = 'unknown_outcome';

/** Why a part was given up, in plain words for the owner. The provider's own are left out: they can name people. */
export function failureWords(channel: Channel | undefined, code: string, error: unknown): string {
  if (!channel) return 'this channel is not configured any more';
  if (code === unknownOutcome) return 'nobody can tell whether it went out, and it must not go out twice';
  const known = channel.explain?.(code)?.words;
  if (known !== undefined) return known;
  const status = /^http_(\d{3})$/.exec(code)?.[1];
  if (error instanceof ProviderRefused)
    return status
      ? `the provider refused it with HTTP ${status} and does not say why`
      : `the provider refused it with ${inWords(code)}`;
  if (error instanceof ProviderUnavailable) {
    if (status) return `the provider answered HTTP ${status}, however often it was tried`;
    return /^\d+$/.test(code)
      ? `the provider asked to come back later with ${inWords(code)}, however often it was tried`
      : `the provider could not be reached or gave no proper answer (${code}), however often it was tried`;
  }
  return 'something unexpected went wrong here, however often it was tried';
}

function inWords(code: string): string {
  return /^\d+$/.test(code) ? 'a code that nobody here knows' : `“${code}”`;
}
