import type { PageText } from '#src/domain/reading.ts';

/** A stretch of a document that can be shown on its own. */
export interface Passage {
  /** Position in the document: neighbors have neighboring numbers. */
  readonly index: number;
  readonly page: number;
  readonly text: string;
}

/** About a paragraph or two: long enough to carry its own sense, short enough that several fit. */
const passageCharacters = 800;

/** Cuts pages into passages at paragraph or line ends where there are any, keeping the page numbers. */
export function toPassages(pages: readonly PageText[]): Passage[] {
  const passages: Passage[] = [];
  for (const { page, text } of pages) {
    for (const piece of cut(text.trim())) passages.push({ index: passages.length, page, text: piece });
  }
  return passages;
}

function* cut(text: string): Generator<string> {
  let rest = text;
  while (rest.length > passageCharacters * 1.25) {
    const end = goodEnd(rest);
    yield rest.slice(0, end).trim();
    rest = rest.slice(end).trimStart();
  }
  if (rest) yield rest;
}

/** The last paragraph, line or sentence end within the wished length, but not in its first half. */
function goodEnd(text: string): number {
  const head = text.slice(0, passageCharacters);
  for (const mark of ['\n\n', '\n', '. ', ' ']) {
    const at = head.lastIndexOf(mark);
    if (at > passageCharacters / 2) return at + mark.length;
  }
  // No white space at all: a cut must not part a surrogate pair.
  const last = text.charCodeAt(passageCharacters - 1);
  return last >= 0xd800 && last <= 0xdbff ? passageCharacters - 1 : passageCharacters;
}
