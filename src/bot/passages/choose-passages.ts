import type { PageUnit } from '#src/domain/reading.ts';
import type { ConversationDocument } from '#src/ports/passages.ts';
import { countPages, nameOfPage, pageRanges } from '../page-units.ts';
import { cutPassages, type Passage } from './cut-passages.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { rankPassages } from './rank-passages.ts';

/** The beginning of a document says what it is: this much of it is always shown, in UTF-16 units, if the budget allows. */
const headUnits = 600;
/** Room for the lines around the passages of a document: its name, page marks, the pages left out. */
const frameTokens = 60;
/** A page mark and the line breaks around a passage. */
const markTokens = 8;

/**
 * What the model is shown of documents: everything with `[page N]` marks (or sheets, slides, sections) if that fits, else the beginning of each document and the
 * passages that fit the question best, in reading order, and which pages were left out. Deterministic, linear in the size of the
 * documents, whatever the language.
 * @param budgetTokens about how many tokens the result may have, by `estimateTokens`
 * @param sampleTokens how many of them may go into passages the question does not lead to
 */
export function choosePassages(
  documents: readonly ConversationDocument[],
  question: string,
  budgetTokens: number,
  sampleTokens: number = Number.POSITIVE_INFINITY,
): string {
  const whole = documents.map((document) => wholeText(document)).join('\n\n');
  if (estimateTokens(whole) <= budgetTokens) return whole;
  const passages = cutPassages(documents);
  const frames = documents.reduce(
    (sum, document) => sum + estimateTokens(titleLine(document)) + frameTokens,
    0,
  );
  const heads = chooseHeads(documents, passages, (budgetTokens - frames) / 3);
  const room = budgetTokens - frames - estimateTokens([...heads.values()].join(''));
  const { found, sample } = rankPassages(documents, passages, question);
  const chosen = new Set<Passage>();
  const used = take(found, chosen, room);
  // Where the question leads to certain passages, a look at the rest is worth half the room at most.
  take(sample, chosen, Math.min(sampleTokens, found.length > 0 ? room / 2 - used : room));
  return documents
    .map((document, at) =>
      partOf(
        document,
        passages.filter((passage) => passage.document === at),
        chosen,
        heads.get(at),
      ),
    )
    .join('\n\n');
}

function wholeText(document: ConversationDocument): string {
  return [
    titleLine(document),
    ...document.pages.map((page) => `[${nameOfPage(page, document.unit)}]\n${page.text.trim()}`),
  ].join('\n');
}

function titleLine({ name, title, unit, pageCount, pages }: ConversationDocument): string {
  const facts = [name];
  if (title && !name.includes(title)) facts.push(`title "${title.slice(0, 200)}"`);
  facts.push(countPages(pageCount, unit));
  if (pages.length < pageCount) facts.push(`${pages.length} of them read`);
  return `[Document ${facts.join(', ')}]`;
}

/** Adds passages while they fit. @returns the tokens they take */
function take(passages: readonly Passage[], chosen: Set<Passage>, room: number): number {
  let used = 0;
  for (const passage of passages) {
    if (used + markTokens * 4 > room) break;
    const tokens = estimateTokens(passage.text) + markTokens;
    if (chosen.has(passage) || used + tokens > room) continue;
    chosen.add(passage);
    used += tokens;
  }
  return used;
}

/** The first lines of each document, cut to an equal share of `tokens`. */
function chooseHeads(
  documents: readonly ConversationDocument[],
  passages: readonly Passage[],
  tokens: number,
): Map<number, string> {
  const heads = new Map<number, string>();
  for (const passage of passages) {
    if (heads.has(passage.document)) continue;
    const share = tokens / documents.length;
    const units = Math.min(headUnits, passage.text.length);
    const fits = Math.floor((units * share) / Math.max(1, estimateTokens(passage.text.slice(0, units))));
    heads.set(passage.document, fits < 40 ? '' : passage.text.slice(0, Math.min(units, fits)).toWellFormed());
  }
  return heads;
}

function partOf(
  document: ConversationDocument,
  passages: readonly Passage[],
  chosen: ReadonlySet<Passage>,
  head: string | undefined,
): string {
  const lines = [titleLine(document)];
  const names = new Map(document.pages.map((page) => [page.page, nameOfPage(page, document.unit)]));
  let last: Passage | undefined;
  for (const passage of passages) {
    const isHead = passage === passages[0];
    const text = chosen.has(passage) ? passage.text : isHead && head ? `${head} …` : undefined;
    if (text === undefined) continue;
    const follows = last !== undefined && last.index === passage.index - 1;
    if (last?.page !== passage.page)
      lines.push(`[${names.get(passage.page)}${passage.isPageStart ? '' : ', further down'}]`);
    else if (!follows) lines.push('…');
    lines.push(text);
    last = passage;
  }
  return [...lines, leftOut(passages, chosen, document.unit)].filter(Boolean).join('\n');
}

/** Tells the model what it has not seen, so that it does not take silence for absence. */
function leftOut(
  passages: readonly Passage[],
  chosen: ReadonlySet<Passage>,
  unit: PageUnit | undefined,
): string {
  const pages = new Map<number, { shown: number; all: number }>();
  for (const passage of passages) {
    const page = pages.get(passage.page) ?? { shown: 0, all: 0 };
    pages.set(passage.page, { shown: page.shown + Number(chosen.has(passage)), all: page.all + 1 });
  }
  const none = [...pages].filter(([, { shown }]) => shown === 0).map(([page]) => page);
  const some = [...pages].filter(([, { shown, all }]) => shown > 0 && shown < all).map(([page]) => page);
  const notes = [
    none.length > 0 ? `not shown: ${fewRanges(none, unit)}` : '',
    some.length > 0 ? `shown in part: ${fewRanges(some, unit)}` : '',
  ].filter(Boolean);
  return notes.length === 0 ? '' : `[${notes.join('; ')}; ask about them to see more]`;
}

/** A list of fifty separate pages helps nobody and costs tokens. */
function fewRanges(pages: readonly number[], unit: PageUnit | undefined): string {
  const ranges = pageRanges(pages, unit);
  if (ranges.length <= 100) return ranges;
  return `${countPages(pages.length, unit)} between ${pages[0]} and ${pages.at(-1)}`;
}
