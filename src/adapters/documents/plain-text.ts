import { createReadStream } from 'node:fs';
import { MediaUnusable } from '#src/domain/errors.ts';
import { cleanText, cutText } from './clean-text.ts';
import { readHead } from './read-head.ts';
import { type TextEncoding, textEncodingOf } from './text-encoding.ts';

/**
 * Reads a text file of whatever common encoding, at most `maxCharacters` UTF-16 units of it. Small pieces leave the event
 * loop free, so a large file does not delay a webhook.
 * @throws MediaUnusable `empty`, `unavailable` when the file is gone, `damaged` when it is not text
 */
export async function readPlainText(path: string, maxCharacters: number): Promise<string> {
  const head = await readHead(path);
  if (head.length === 0) throw new MediaUnusable('empty', 'The text file has no content');
  const encoding = textEncodingOf(head);
  if (!encoding) throw new MediaUnusable('damaged', 'The file is not text');
  try {
    return await decodeFile(path, encoding, maxCharacters);
  } catch (error) {
    // Valid at the start, but not UTF-8 further down: an old file whose first accent comes late.
    if (encoding === 'utf-8' && error instanceof TypeError) {
      return await decodeFile(path, 'windows-1252', maxCharacters);
    }
    if (error instanceof TypeError)
      throw new MediaUnusable('damaged', 'The file is not text', { cause: error });
    throw error;
  }
}

/** @throws TypeError at bytes that the encoding does not have */
async function decodeFile(path: string, encoding: TextEncoding, maxCharacters: number): Promise<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const pieces: string[] = [];
  let length = 0;
  for await (const bytes of createReadStream(path)) {
    const piece = decoder.decode(bytes as Uint8Array, { stream: true });
    pieces.push(piece);
    length += piece.length;
    if (length >= maxCharacters) break;
  }
  // A last character that was cut off is not worth refusing the file for, so the decoder is not asked for an end.
  return cutText(cleanText(pieces.join('')), maxCharacters);
}
