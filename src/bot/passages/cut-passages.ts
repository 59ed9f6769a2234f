import type { ConversationDocument } from '#src/ports/passages.ts';

/** A piece of a page: the unit that is searched and shown. */
export interface Passage {
  /** Index of its document in the list that was given. */
  readonly document: number;
  readonly page: number;
  /** Position among all passages of all documents, in reading order. */
  readonly index: number;
  /** True when it begins its page. */
  readonly isPageStart: boolean;
  readonly text: string;
}

/** Long enough to make sense alone, short enough that a budget of a few thousand tokens holds a dozen. */
const passageUnits = 800;

/** Cuts documents into passages of about 800 UTF-16 units that never cross a page, at paragraphs, lines, sentences or words. */
export function cutPassages(documents: readonly ConversationDocument[]): Passage[] {
  const passages: Passage[] = [];
  documents.forEach((document, at) => {
    for (const { page, text } of document.pages) {
      for (let from = 0; from < text.length; ) {
        const to = endOfPassage(text, from);
        const piece = text.slice(from, to);
        if (piece.trim() !== '') {
          passages.push({
            document: at,
            page,
            index: passages.length,
            isPageStart: from === 0,
            text: piece.trim(),
          });
        }
        from = to;
      }
    }
  });
  return passages;
}

function endOfPassage(text: string, from: number): number {
  if (text.length - from <= passageUnits * 1.25) return text.length;
  const window = text.slice(from, from + passageUnits);
  for (const boundary of ['\n\n', '\n', '. ', '。', ' ']) {
    const found = window.lastIndexOf(boundary);
    if (found >= passageUnits / 2) return from + found + boundary.length;
  }
  const isInsidePair = /[\ud800-\udbff]$/.test(window);
  return from + (isInsidePair ? passageUnits - 1 : passageUnits);
}
