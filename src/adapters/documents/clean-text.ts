/** C0 and C1 controls except tab and line feed: they carry no meaning here, and NUL is refused by databases and APIs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text without control characters or halves of surrogate pairs, with `\n` line ends. */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?|\f/g, '\n')
    .replace(controls, '')
    .toWellFormed();
}

/** A document's title on one line of at most 200 characters; undefined when nothing is left. */
export function cleanTitle(title: unknown): string | undefined {
  if (typeof title !== 'string') return undefined;
  // A title can be megabytes long, so it is cut before it is searched.
  const line = cleanText(title.slice(0, 2000)).replace(/\s+/g, ' ').trim();
  return cutText(line, 200).trim() || undefined;
}

/** At most `maxUnits` UTF-16 units, never ending in half a character. */
export function cutText(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  const last = text.charCodeAt(maxUnits - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxUnits - 1 : maxUnits);
}
