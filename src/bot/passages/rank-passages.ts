import MiniSearch from 'minisearch';
import type { ConversationDocument } from '#src/ports/passages.ts';
import type { Passage } from './cut-passages.ts';
import { pagesAskedFor } from './page-references.ts';
import { fold, searchTerms } from './search-terms.ts';

/** Indexing is the expensive part, so only the most promising passages are indexed. */
const indexedPassages = 150;
/** A question longer than this is itself a document; its beginning says what it is about. */
const questionUnits = 1_000;
/** Slips of the finger are forgiven in short questions only: each term is compared with the whole vocabulary. */
const forgivenTerms = 20;
/**
 * A passage that fits less than this, beside the best one, shares only the question's everyday words ("what", "page"): it costs tokens
 * and answers nothing.
 */
const weakestMatch = 0.3;

/**
 * Passages in the order in which they are worth showing. `found`: pages that were asked for, then what fits the question. `sample`:
 * all of them, in an order that is spread over the whole wherever it is cut off, for questions about the whole.
 */
export function rankPassages(
  documents: readonly ConversationDocument[],
  passages: readonly Passage[],
  question: string,
): { found: Passage[]; sample: Passage[] } {
  const asked = fold(question.slice(0, questionUnits));
  const scores = new Map<Passage, number>();
  const matches = search(passages, asked);
  const best = Math.max(0, ...matches.map(([, score]) => score));
  for (const [index, score] of matches) {
    const passage = passages[index];
    if (passage && score >= best * weakestMatch) scores.set(passage, score);
  }
  lendToNeighbors(passages, scores);
  const wanted = documents.map((document) => pagesAskedFor(asked, document));
  const isWanted = (passage: Passage) => wanted[passage.document]?.has(passage.page) ?? false;
  const found = passages
    .filter((passage) => isWanted(passage) || scores.has(passage))
    .sort(
      (a, b) =>
        Number(isWanted(b)) - Number(isWanted(a)) ||
        (scores.get(b) ?? 0) - (scores.get(a) ?? 0) ||
        a.index - b.index,
    );
  return { found, sample: evenSample(passages) };
}

function search(passages: readonly Passage[], asked: string): [number, number][] {
  const terms = [...new Set(searchTerms(asked))];
  if (terms.length === 0) return [];
  const folded = passages.map((passage) => fold(passage.text));
  const index = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: searchTerms,
    processTerm: (term) => term,
    searchOptions: {
      // "invoice" finds "invoices", and a slip of the finger is forgiven; numbers and codes have to be right.
      prefix: (term) => term.length >= 4,
      fuzzy: (term) => (terms.length <= forgivenTerms && term.length >= 5 && !/\d/.test(term) ? 0.2 : false),
    },
  });
  index.addAll(mostPromising(folded, terms).map((id) => ({ id, text: folded[id] ?? '' })));
  return index.search(asked).map((result) => [Number(result.id), result.score]);
}

/** Counts, over all passages, how many of the rarer terms (or their beginnings) each contains; the best go on to be indexed. */
function mostPromising(folded: readonly string[], terms: readonly string[]): number[] {
  if (folded.length <= indexedPassages) return folded.map((_, id) => id);
  const points = new Float64Array(folded.length);
  // 1.234.567 and DE89 3704 as they are typed.
  const compact = terms.some((term) => /\d/.test(term))
    ? folded.map((text) => text.replace(/(?<=\d)[.,'’ ](?=\d)/g, ''))
    : folded;
  for (const term of terms.slice(0, 60)) {
    // Endings differ from language to language and case to case; beginnings do not.
    const beginning = /\d/.test(term) || term.length < 6 ? term : term.slice(0, Math.max(5, term.length - 2));
    const holders = folded.flatMap((text, id) =>
      text.includes(beginning) || compact[id]?.includes(beginning) ? [id] : [],
    );
    const rarity = Math.log(1 + folded.length / Math.max(1, holders.length));
    for (const id of holders) points[id] = (points[id] ?? 0) + rarity * rarity;
  }
  return [...points.keys()]
    .filter((id) => (points[id] ?? 0) > 0)
    .sort((a, b) => (points[b] ?? 0) - (points[a] ?? 0) || a - b)
    .slice(0, indexedPassages);
}

/** What stands next to a good passage often completes it. */
function lendToNeighbors(passages: readonly Passage[], scores: Map<Passage, number>): void {
  for (const [passage, score] of [...scores]) {
    for (const index of [passage.index - 1, passage.index + 1]) {
      const neighbor = passages[index];
      if (neighbor?.document !== passage.document) continue;
      scores.set(neighbor, Math.max(scores.get(neighbor) ?? 0, score * 0.3));
    }
  }
}

/** Every 64th, then every 32nd passage and so on: whatever the budget, what is taken is spread over the whole. */
function evenSample(passages: readonly Passage[]): Passage[] {
  const sample: Passage[] = [];
  for (let step = 64; step >= 1; step /= 2) {
    sample.push(...passages.filter((_, at) => at % step === 0 && (step === 64 || at % (step * 2) !== 0)));
  }
  return sample;
}
