import { Worker } from 'node:worker_threads';
import { choosePassages } from '#src/bot/passages/choose-passages.ts';
import type { ConversationDocument, Passages } from '#src/ports/passages.ts';

export interface PassageOrder {
  readonly id: number;
  readonly documents: readonly ConversationDocument[];
  readonly question: string;
  readonly budgetTokens: number;
  readonly sampleTokens: number | undefined;
}

export interface PassageAnswer {
  readonly id: number;
  readonly text: string;
}

/** Less text than this is quicker searched than sent to a thread: about a millisecond. */
const smallUnits = 40_000;

/**
 * Searches large documents in a thread of its own: 300 pages take some 40 ms, in which no webhook would be acknowledged. The
 * thread is started when it is first needed and does not keep the process alive.
 */
export function openPassages(): Passages & AsyncDisposable {
  const waiting = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>();
  let thread: Worker | undefined;
  let lastId = 0;

  function startThread(): Worker {
    const started = new Worker(new URL('./passage-thread.ts', import.meta.url), { env: {} });
    started.unref();
    started.on('message', ({ id, text }: PassageAnswer) => {
      waiting.get(id)?.resolve(text);
      waiting.delete(id);
    });
    // Whoever waits is told, and the next order gets a fresh thread.
    const fail = (error: Error) => {
      if (thread === started) thread = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    started.on('error', fail);
    started.on('exit', () => fail(new Error('the passage thread ended')));
    return started;
  }

  return {
    async choose(documents, question, budgetTokens, sampleTokens) {
      if (unitsOf(documents) <= smallUnits)
        return choosePassages(documents, question, budgetTokens, sampleTokens);
      thread ??= startThread();
      lastId += 1;
      const order: PassageOrder = { id: lastId, documents, question, budgetTokens, sampleTokens };
      const answer = new Promise<string>((resolve, reject) => waiting.set(order.id, { resolve, reject }));
      thread.postMessage(order);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await thread?.terminate();
    },
  };
}

function unitsOf(documents: readonly ConversationDocument[]): number {
  return documents.flatMap((document) => document.pages).reduce((sum, page) => sum + page.text.length, 0);
}
