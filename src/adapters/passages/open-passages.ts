import { choosePassages } from '#src/bot/passages/choose-passages.ts';
import type { ConversationDocument, Passages } from '#src/ports/passages.ts';
import { createAskThread } from '#src/threads/ask-thread.ts';

/** What is to be searched, and for what. */
export interface PassageOrder {
  readonly documents: readonly ConversationDocument[];
  readonly question: string;
  readonly budgetTokens: number;
  readonly sampleTokens: number | undefined;
}

/** What was found, or what the search failed of. */
export type PassageEnd = { readonly text: string } | { readonly problem: string };

/** Less text than this is quicker searched than sent to a thread: about a millisecond. */
const smallUnits = 40_000;

/**
 * Searches large documents in a thread of its own: 300 pages take some 40 ms, in which no webhook would be acknowledged. The
 * thread is started when it is first needed and does not keep the process alive.
 */
export function openPassages(): Passages & AsyncDisposable {
  const thread = createAskThread<PassageOrder, PassageEnd>(new URL('./passage-thread.ts', import.meta.url), {
    name: 'passages',
  });
  return {
    async choose(documents, question, budgetTokens, sampleTokens) {
      if (unitsOf(documents) <= smallUnits)
        return choosePassages(documents, question, budgetTokens, sampleTokens);
      const end = await thread.ask({ documents, question, budgetTokens, sampleTokens });
      if ('problem' in end) throw new Error(end.problem);
      return end.text;
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}

function unitsOf(documents: readonly ConversationDocument[]): number {
  return documents.flatMap((document) => document.pages).reduce((sum, page) => sum + page.text.length, 0);
}
