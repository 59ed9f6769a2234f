const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Titles as WhatsApp wants them: on one line, not blank, at most `maxUnits` UTF-16 units (which are never fewer than characters), each
 * only once. What is too long ends in `…`, never in the middle of an emoji or a letter with its accent.
 */
export function fitTitles(titles: readonly string[], maxUnits: number): string[] {
  const taken = new Set<string>();
  return titles.map((title, index) => {
    const whole = oneLine(title) || String(index + 1);
    let fitted = shorten(whole, maxUnits);
    for (let count = 2; taken.has(fitted.toLowerCase()); count++) {
      const mark = ` ${count}`;
      fitted = shorten(whole, maxUnits - mark.length) + mark;
    }
    taken.add(fitted.toLowerCase());
    return fitted;
  });
}

/** A text of at most `maxUnits` UTF-16 units, cut between two graphemes. */
export function shorten(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  let end = 0;
  for (const { index, segment } of graphemes.segment(text)) {
    if (index + segment.length > maxUnits - 1) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end).trimEnd()}…`;
}

/** A text without line breaks, control characters, blanks around it or halves of characters. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}
