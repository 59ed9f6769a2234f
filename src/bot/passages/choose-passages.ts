import type { PageText } from '#src/domain/reading.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { rankPassages } from './rank-passages.ts';
import { type Passage, toPassages } from './to-passages.ts';

/** A document that can be asked about. */
export interface ConversationDocument {
  readonly name: string;
  readonly title?: string | undefined;
  readonly pageCount: number;
  readonly pages: readonly PageText[];
}

/** The beginning of a document says what it is: always shown, up to this share of its budget. */
const headShare = 0.25;

/**
 * What the model is shown of documents, with page numbers: everything if it fits the budget, else the beginning of each and the
 * passages that fit the question, in document order. Whatever is left out is said to be left out.
 */
export function choosePassages(
  documents: readonly ConversationDocument[],
  question: string,
  budgetTokens: number,
): string {
  const whole = documents.map(showWhole).join('\n\n');
  if (estimateTokens(whole) <= budgetTokens) return whole;
  const each = budgetTokens / documents.length;
  return documents.map((document) => showChosen(document, question, each)).join('\n\n');
}

function showWhole(document: ConversationDocument): string {
  return [
    headline(document),
    ...document.pages.map((page) => `[page ${page.page}]\n${page.text.trim()}`),
  ].join('\n');
}

function showChosen(document: ConversationDocument, question: string, budgetTokens: number): string {
  const passages = toPassages(document.pages);
  const chosen = new Set<Passage>();
  let left = budgetTokens;
  const take = (passage: Passage, keep: number): boolean => {
    if (chosen.has(passage)) return true;
    const cost = estimateTokens(passage.text) + 6;
    if (left - cost < keep) return false;
    left -= cost;
    chosen.add(passage);
    return true;
  };
  for (const passage of passages) if (!take(passage, budgetTokens * (1 - headShare))) break;
  for (const passage of rankPassages(passages, question)) if (!take(passage, 0)) break;
  // Nothing in the question matches, or there is room left: go on from the beginning.
  for (const passage of passages) if (!take(passage, 0)) break;
  return [
    headline(document),
    ...render([...chosen].sort((a, b) => a.index - b.index)),
    omitted(document, chosen),
  ].join('\n');
}

/** Neighbors are joined; a gap shows as dots; a page is named once. */
function render(chosen: readonly Passage[]): string[] {
  const lines: string[] = [];
  let before: Passage | undefined;
  for (const passage of chosen) {
    if (before && passage.index !== before.index + 1) lines.push('[…]');
    if (passage.page !== before?.page) lines.push(`[page ${passage.page}]`);
    lines.push(passage.text);
    before = passage;
  }
  return lines;
}

function headline({ name, title, pageCount }: ConversationDocument): string {
  return `${name}${title ? `, titled "${title}"` : ''}, ${pageCount} ${pageCount === 1 ? 'page' : 'pages'}`;
}

function omitted({ pages }: ConversationDocument, chosen: ReadonlySet<Passage>): string {
  const shown = new Set([...chosen].map((passage) => passage.page));
  return `[Only passages that seem to matter are shown: ${shown.size} of ${pages.length} pages. Say so if the answer may be elsewhere.]`;
}
