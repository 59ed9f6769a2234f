import type { PageText, PageUnit } from '#src/domain/reading.ts';

/** A document of the conversation as far as it has been read. */
export interface ConversationDocument {
  /** How it is called towards the model, for instance `"lease.pdf"` with its quotation marks, or `the PDF`. */
  readonly name: string;
  readonly title?: string | undefined;
  /** What its pages are; pages unless said otherwise. */
  readonly unit?: PageUnit | undefined;
  /** Pages the document has; `pages` may hold fewer. */
  readonly pageCount: number;
  readonly pages: readonly PageText[];
}

/** Finds what the model should see of documents, without holding up anybody else. */
export interface Passages {
  /**
   * @param budgetTokens about how many tokens the result may have
   * @param sampleTokens how many of them may go into passages the question does not lead to; as many as fit unless given
   */
  choose(
    documents: readonly ConversationDocument[],
    question: string,
    budgetTokens: number,
    sampleTokens?: number,
  ): Promise<string>;
}
