import { parse } from 'node:querystring';
import { HttpError } from '../http-error.ts';

/** Twilio sends some 25 parameters, 20 more with ten files. */
const maxParameters = 300;

/** Twilio's largest forms (4,096 characters of emoji and an ad's text, percent-encoded) stay below 100 KB. */
export const maxFormBytes = 256 * 1024;

/**
 * Reads a form into an object without prototype; repeated names become arrays. Too many parameters are refused by counting
 * separators, before anything is decoded or signed over: 200,000 of them would hold up every other webhook for 270 ms.
 * Node's parser, because it replaces malformed UTF-8 exactly as the URL standard says.
 * @throws HttpError 413
 */
export function parseForm(text: string): Record<string, unknown> {
  let parameters = 1;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    parameters += 1;
    if (parameters > maxParameters) {
      throw new HttpError(413, 'too_large', `The form has more than ${maxParameters} parameters.`);
    }
  }
  return parse(text, '&', '=', { maxKeys: 0 });
}
