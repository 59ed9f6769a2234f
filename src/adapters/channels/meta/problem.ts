import { lineOf, type Params } from '../fields.ts';
import { partOf, wordOf } from './json.ts';

/** An entry of `errors` in a webhook: Meta's code and words; each undefined where there is none. */
export function readProblem(error: Params): { code: string | undefined; title: string | undefined } {
  const code = wordOf(error, 'code', 16);
  const title = wordsOf(error, 'title') ?? wordsOf(error, 'message');
  const details = wordsOf(partOf(error, 'error_data'), 'details');
  return {
    code: /^\d{1,10}$/.test(code) ? code : undefined,
    title: title && details && details !== title ? `${title}: ${details}` : (title ?? details),
  };
}

/** Meta's words without the phone numbers that may be in them. */
export function wordsOf(given: Params, name: string): string | undefined {
  return lineOf(given, name, 512)?.replaceAll(/\+?\d(?:[\s().-]{0,2}\d){6,}/g, '…');
}
