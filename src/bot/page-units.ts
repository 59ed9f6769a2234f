import type { PageText, PageUnit } from '#src/domain/reading.ts';

/** A name longer than this is a sentence, and helps nobody to find the place. */
const longestName = 80;

/** How a page is called: `page 3`, `slide 4`, `sheet "Budget", hidden`, `section 2 "Scope"`. */
export function nameOfPage({ page, name, hidden }: PageText, unit: PageUnit = 'page'): string {
  const shown = name?.slice(0, longestName).toWellFormed();
  const called =
    unit === 'sheet' && shown ? `sheet "${shown}"` : `${unit} ${page}${shown ? ` "${shown}"` : ''}`;
  return hidden ? `${called}, hidden` : called;
}

/** `1 page`, `12 slides`. */
export function countPages(count: number, unit: PageUnit = 'page'): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** `page 3`, `pages 1–37`, `slides 1–3 and 7`. */
export function pageRanges(pages: readonly number[], unit: PageUnit = 'page'): string {
  const ranges: [number, number][] = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && page <= last[1] + 1) last[1] = page;
    else ranges.push([page, page]);
  }
  const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return `${unit}${pages.length === 1 ? '' : 's'} ${inWords(words)}`;
}

/** Sheets are known by their names, everything else by its number: `sheets "Budget" and "Plan"`, `slides 1–3`. */
export function namePages(pages: readonly PageText[], unit: PageUnit = 'page'): string {
  const names = pages.flatMap(({ name }) => (name ? [`"${name.slice(0, longestName).toWellFormed()}"`] : []));
  if (unit !== 'sheet' || names.length !== pages.length || names.length === 0 || names.length > 6) {
    return pageRanges(
      pages.map(({ page }) => page),
      unit,
    );
  }
  return `${unit}${names.length === 1 ? '' : 's'} ${inWords(names)}`;
}

function inWords(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? 'none');
}
