import type { ChatTurn } from '#src/ports/ai.ts';
import type { PastMessage } from '#src/ports/stores.ts';
import { recallFile } from './describe-message.ts';
import { estimateTokens } from './passages/estimate-tokens.ts';

/** Earlier messages may take this much of the prompt where its history begins anew; older ones are dropped first. */
const historyTokens = 6_000;
/**
 * How far a history may grow before it begins anew, in messages and in tokens. With more, prompts repeat their beginning more
 * often and the provider's cache serves more of them; without a cache each turn pays for more messages.
 */
const growth = 2;

/** What a prompt shows of the conversation so far. */
export interface FittedHistory {
  /** Oldest first. */
  readonly turns: readonly ChatTurn[];
  /** The message it begins with, to be stored with the answer; undefined for none. */
  readonly from: string | undefined;
}

/** The most messages a history is made of; no more need to be read. */
export function mostMessages(atLeast: number): number {
  return atLeast * growth;
}

/**
 * The earlier messages a prompt shows: the newest `atLeast`, or fewer where those are too long, and whatever was shown before them
 * already. The history begins where it began in the prompt of the last answer, so that prompts repeat each other's beginning; only
 * when it has grown too long it begins anew.
 * @param past oldest first, up to `mostMessages(atLeast)`
 */
export function fitHistory(past: readonly PastMessage[], atLeast: number): FittedHistory {
  const begun = past.findLast(({ historyFrom }) => historyFrom !== undefined)?.historyFrom;
  const start = past.findIndex(({ id }) => id === begun);
  const lines = past.map(toLine);
  const tokens = lines.map(estimateTokens);
  const total = tokens.slice(Math.max(0, start)).reduce((sum, count) => sum + count, 0);
  const from = start >= 0 && total <= historyTokens * growth ? start : newStart(tokens, atLeast);
  const turns = past.slice(from).flatMap(({ fromPerson }, at): ChatTurn[] => {
    const text = lines[from + at];
    return text ? [{ role: fromPerson ? 'person' : 'assistant', text }] : [];
  });
  return { turns, from: past[from]?.id };
}

/** Where the newest `atLeast` messages that fit the budget begin. */
function newStart(tokens: readonly number[], atLeast: number): number {
  let start = tokens.length;
  let left = historyTokens;
  while (start > Math.max(0, tokens.length - atLeast)) {
    left -= tokens[start - 1] ?? 0;
    if (left < 0) break;
    start -= 1;
  }
  return start;
}

/** An earlier message in words. Nothing in it may change from one prompt to the next. */
function toLine({ text, attachments }: PastMessage): string {
  return [text, ...attachments.map(recallFile)].filter(Boolean).join('\n');
}
