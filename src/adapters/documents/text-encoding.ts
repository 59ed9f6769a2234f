/** Encodings that people's text files really have. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** C0 controls that no text file holds; tab, line ends, form feed and escape do occur. */
const binary = new Set([0, 1, 2, 3, 4, 5, 6, 7, 11, ...range(14, 26), ...range(28, 31), 127]);

/**
 * The encoding of a text by its first bytes (some kilobytes are best), or undefined when it is no text.
 * Windows-1252 is what remains for old Western files; it is only assumed where most bytes are plain ASCII.
 */
export function textEncodingOf(head: Uint8Array): TextEncoding | undefined {
  if (head.length === 0) return undefined;
  if (head[0] === 0xff && head[1] === 0xfe) return validUtf16(head, 'utf-16le');
  if (head[0] === 0xfe && head[1] === 0xff) return validUtf16(head, 'utf-16be');
  if (head.includes(0)) return utf16WithoutMark(head);
  let high = 0;
  for (const byte of head) {
    if (binary.has(byte)) return undefined;
    if (byte >= 0x80) high++;
  }
  if (isUtf8(head)) return 'utf-8';
  return high < head.length / 2 ? 'windows-1252' : undefined;
}

function isUtf8(head: Uint8Array): boolean {
  try {
    // `stream` forgives a character cut in two by the end of the sample.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function validUtf16(head: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): TextEncoding | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true });
    for (let index = 0; index < text.length; index++)
      if (binary.has(text.charCodeAt(index))) return undefined;
    return encoding;
  } catch {
    return undefined;
  }
}

/** Western UTF-16 without a byte order mark has zeros in every other place and nowhere else. */
function utf16WithoutMark(head: Uint8Array): TextEncoding | undefined {
  let even = 0;
  let odd = 0;
  for (let index = 0; index < head.length; index++) {
    if (head[index] === 0 && index % 2 === 0) even++;
    else if (head[index] === 0) odd++;
  }
  const many = head.length * 0.35;
  if (odd > many && even === 0) return validUtf16(head, 'utf-16le');
  return even > many && odd === 0 ? validUtf16(head, 'utf-16be') : undefined;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
