import { findMarks, type MarkSpan } from './find-marks.ts';

/** A place where a text may be cut: a part ends at `end`, the next one begins at `next`; white space between them is dropped. */
export interface CutPlace {
  readonly end: number;
  readonly next: number;
  /** How much a cut here hurts, in the units of the weights below. */
  readonly pain: number;
  /** What the part before needs at its end, and the part after at its beginning, to keep code and marks whole. */
  readonly close: string;
  readonly open: string;
}

/**
 * Compared with one more message at 60: two torn sentences are worse than it, one is not; a torn mark or code block always is, so
 * one that fits into a part stays whole.
 */
const pain = {
  paragraph: 0,
  line: 8,
  sentence: 20,
  word: 45,
  anywhere: 300,
  insideMark: 200,
  codeLine: 200,
  /** A title or a "namely:" that would be left alone at the end of a part. */
  afterTitle: 25,
} as const;

/** The most room that closing and opening marks take: a code block, or bold, italic and strike together. */
const markRoom = 8;

/**
 * Every sensible place to cut `text`, in order, never further apart than `maxGap` units (or one code point, if that is longer).
 * Marks are not looked at: `open` and `close` are empty.
 */
export function plainCutPlaces(text: string, maxGap: number): CutPlace[] {
  const places = [...spaces(text), ...sentenceEndsWithoutSpace(text)].sort((a, b) => a.end - b.end);
  return closeGaps(text, places, maxGap).map((place) => ({ ...place, open: '', close: '' }));
}

/**
 * The same with marks and code blocks kept whole by closing and opening them. Places that would leave one of them empty are left
 * out, so in a wall of signs the rest may be further apart than `maxUnits`.
 */
export function cutPlaces(text: string, maxUnits: number): CutPlace[] {
  return withMarks(text, plainCutPlaces(text, maxUnits - 2 * markRoom), findMarks(text));
}

type Place = Pick<CutPlace, 'end' | 'next' | 'pain'>;

function spaces(text: string): Place[] {
  return [...text.matchAll(/[ \t\n\u3000]+/g)].flatMap((found) => {
    const end = found.index;
    const next = end + found[0].length;
    if (end === 0 || next === text.length) return [];
    return [{ end, next, pain: painOfSpace(text, end, found[0]) }];
  });
}

function painOfSpace(text: string, end: number, space: string): number {
  const before = text.slice(Math.max(0, end - 80), end);
  if (space.includes('\n')) {
    const isTitle = /(?:^|\n)\*[^*\n]+\*$|:$/.test(before);
    return (/\n\s*\n/.test(space) ? pain.paragraph : pain.line) + (isTitle ? pain.afterTitle : 0);
  }
  // "1. " begins a list item and "z. B." is an abbreviation: a sentence ends after a word of some length.
  return /[\p{L}\p{N})\]"”’»*_~`]{2}[.!?…]["”’»)\]*_~]{0,3}$/u.test(before) && !/(?:^|\s)\d+\.$/.test(before)
    ? pain.sentence
    : pain.word;
}

/** Chinese and Japanese sentences end without a space. */
function sentenceEndsWithoutSpace(text: string): Place[] {
  return [...text.matchAll(/[。！？｡]["”’」』）*_~]{0,3}(?=\S)/g)].map((found) => {
    const end = found.index + found[0].length;
    return { end, next: end, pain: pain.sentence };
  });
}

/** Where no such place comes in time: between words of languages without spaces, else between characters as people see them. */
function closeGaps(text: string, places: readonly Place[], maxGap: number): Place[] {
  const closed: Place[] = [];
  let from = 0;
  for (const place of [...places, { end: text.length, next: text.length, pain: 0 }]) {
    if (place.end - from > maxGap / 2) closed.push(...cutsInside(text, from, place.end, maxGap));
    if (place.end < text.length) closed.push(place);
    from = place.next;
  }
  return closed;
}

function cutsInside(text: string, from: number, to: number, maxGap: number): Place[] {
  const stretch = text.slice(from, to);
  const hasWords = /[^\p{ASCII}]/u.test(stretch);
  if (!hasWords && to - from <= maxGap) return [];
  const step = Math.max(1, Math.floor(maxGap / 16));
  const segmenter = new Intl.Segmenter(undefined, { granularity: hasWords ? 'word' : 'grapheme' });
  const cuts: Place[] = [];
  const add = (at: number) => cuts.push({ end: from + at, next: from + at, pain: pain.anywhere });
  let last = 0;
  for (const { index, segment } of segmenter.segment(stretch)) {
    if (index - last >= step) {
      add(index);
      last = index;
    }
    if (segment.length <= step) continue;
    // One "word" longer than that: cut it between characters, and those, if need be, between code points.
    for (const at of insideWord(segment, maxGap, step)) {
      add(index + at);
      last = index + at;
    }
  }
  return cuts;
}

function insideWord(word: string, maxGap: number, step: number): number[] {
  if (word.length <= maxGap) return [];
  const cuts: number[] = [];
  let last = 0;
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(word)) {
    if (index > 0 && index - last >= step) {
      cuts.push(index);
      last = index;
    }
    if (segment.length <= maxGap) continue;
    let at = index;
    for (const character of segment) {
      if (at - last >= step) {
        cuts.push(at);
        last = at;
      }
      at += character.length;
    }
  }
  return cuts;
}

function withMarks(text: string, places: readonly CutPlace[], spans: readonly MarkSpan[]): CutPlace[] {
  const found: CutPlace[] = [];
  const around: MarkSpan[] = [];
  let upcoming = 0;
  for (const place of places) {
    for (; (spans[upcoming]?.from ?? text.length) < place.end; upcoming += 1) {
      const span = spans[upcoming];
      if (span) around.push(span);
    }
    while (around.length > 0 && around.some((span) => span.to <= place.end)) {
      around.splice(
        around.findIndex((span) => span.to <= place.end),
        1,
      );
    }
    const inside = around.filter((span) => span.to >= place.next);
    const cut = inside.some((span) => span.isBlock) ? inCode(text, place, inside[0]) : inMarks(place, inside);
    if (cut) found.push(cut);
  }
  return found;
}

function inMarks(place: Place, inside: readonly MarkSpan[]): CutPlace | undefined {
  // Just inside its signs a span would come out empty on one side.
  if (
    inside.some(
      (span) => place.end <= span.from + span.sign.length || place.next >= span.to - span.sign.length,
    )
  )
    return undefined;
  const open = inside.map((span) => span.sign).join('');
  const close = inside
    .map((span) => span.sign)
    .reverse()
    .join('');
  return { ...place, pain: place.pain + (inside.length > 0 ? pain.insideMark : 0), open, close };
}

/** Code is cut between lines, keeping the indentation of the next one. */
function inCode(text: string, place: Place, block: MarkSpan | undefined): CutPlace | undefined {
  if (!block) return undefined;
  const space = text.slice(place.end, place.next);
  const next = space.includes('\n') ? place.end + space.lastIndexOf('\n') + 1 : place.next;
  const before = text.slice(block.from + 3, place.end).trim();
  const after = text.slice(next, block.to - 3).trim();
  if (before === '' || after === '') return undefined;
  const worse = space.includes('\n') ? pain.codeLine : pain.codeLine * 2;
  return { end: place.end, next, pain: place.pain + worse, open: '```\n', close: '\n```' };
}
