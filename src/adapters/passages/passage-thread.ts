import { parentPort } from 'node:worker_threads';
import { choosePassages } from '#src/bot/passages/choose-passages.ts';
import type { PassageAnswer, PassageOrder } from './open-passages.ts';

/** The thread's side: one answer for each order. */
parentPort?.on('message', ({ id, documents, question, budgetTokens, sampleTokens }: PassageOrder) => {
  const answer: PassageAnswer = { id, text: choosePassages(documents, question, budgetTokens, sampleTokens) };
  parentPort?.postMessage(answer);
});
