import { HttpError } from '../http-error.ts';

/** Encodings a list may be declared to have, by the names people give them. */
const declared: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
};
/** What begins with one of these has said what it is. */
const marks: readonly (readonly [encoding: string, ...bytes: number[]])[] = [
  ['utf-8', 0xef, 0xbb, 0xbf],
  ['utf-16le', 0xff, 0xfe],
  ['utf-16be', 0xfe, 0xff],
];
const advice =
  'Save it as CSV UTF-8, or say what it is, for instance Content-Type: text/csv; charset=windows-1252.';

/**
 * The text of a list, in UTF-8 unless its beginning or the content type says otherwise. Nothing is guessed: a wrong guess would
 * spell people's names wrong.
 * @throws HttpError 400
 */
export function decodeList(bytes: Buffer, contentType = ''): string {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType) ?? [];
  const marked = marks.find(([, ...mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0];
  const encoding = marked ?? declared[charset.toLowerCase()];
  if (encoding === undefined)
    throw refused(`Lists are not read in ${JSON.stringify(charset.slice(0, 40))}. ${advice}`);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw refused(`The list is not ${encoding.toUpperCase()}. ${advice}`);
  }
  // UTF-16 without a mark is valid UTF-8 as well, with every other character a NUL.
  if (text.includes('\0')) throw refused(`The list is not ${encoding.toUpperCase()}. ${advice}`);
  return text;
}

function refused(words: string): HttpError {
  return new HttpError(400, 'invalid_request', words);
}
