import MiniSearch from 'minisearch';
import type { Passage } from './to-passages.ts';

/** More passages than this are thinned out by counting words first: indexing 1,800 takes 180 ms of the event loop, this 30. */
const indexAtMost = 300;
/** "page 12", "Seite 12", "p. 12", "página 12": in the main languages of the product's users. */
const pageReference = /\b(?:page|pages|p\.|pg\.?|seiten?|s\.|p[aá]ginas?|pagin[ae]|blz\.?)\s*(\d{1,5})/giu;

/** Small words of a question that would match every passage; kept short, as the ranking discounts frequent words anyway. */
const small = new Set(
  'the and for was are what which when who how this that with from der die das und ist wie was ein eine que los las una por para les des est une'.split(
    ' ',
  ),
);

/**
 * The passages that fit a question, best first. Works for any language: words are compared without accents and case, long words
 * also by their beginnings and with a typo, numbers and codes as they are.
 */
export function rankPassages(passages: readonly Passage[], question: string): Passage[] {
  const pages = new Set([...question.matchAll(pageReference)].map((match) => Number(match[1])));
  const named = passages.filter((passage) => pages.has(passage.page));
  const terms = termsOf(question).filter((term) => !small.has(term));
  if (terms.length === 0) return named;
  const candidates = passages.length > indexAtMost ? prefilter(passages, terms) : passages;
  const index = new MiniSearch<Passage>({
    idField: 'index',
    fields: ['text'],
    tokenize: termsOf,
    processTerm: (term) => term,
  });
  index.addAll(candidates);
  const byIndex = new Map(candidates.map((passage) => [passage.index, passage]));
  const hits = index
    .search(terms.join(' '), {
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 5 && !/\d/.test(term) ? 0.2 : false),
    })
    .flatMap((hit) => byIndex.get(hit.id as number) ?? []);
  return [...new Set([...named, ...hits])];
}

/** Words and numbers, lower case, without accents. `INV-2024-001` is itself and its pieces. */
export function termsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const whole = plain.match(/[\p{L}\p{N}]+(?:[-./][\p{L}\p{N}]+)*/gu) ?? [];
  return whole.flatMap((term) => {
    const pieces = term.split(/[-./]/).filter((piece) => piece.length > 1);
    return pieces.length > 1 ? [term, ...pieces] : term.length > 1 || /\d/.test(term) ? [term] : [];
  });
}

/** The passages that hold most of the question's terms, in document order. */
function prefilter(passages: readonly Passage[], terms: readonly string[]): Passage[] {
  const stems = terms.map((term) => (term.length > 5 ? term.slice(0, -2) : term));
  const scored = passages.map((passage) => {
    const text = passage.text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
    return { passage, score: stems.reduce((sum, stem) => sum + (text.includes(stem) ? stem.length : 0), 0) };
  });
  const matching = scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, indexAtMost)
    .map(({ passage }) => passage);
  // Not one word as it is written: perhaps a typo, which the index can forgive.
  return matching.length > 0 ? matching : passages.slice(0, indexAtMost);
}
