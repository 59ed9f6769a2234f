import { choosePassages } from '#src/bot/passages/choose-passages.ts';
import { serveOrders } from '#src/threads/serve-orders.ts';
import { stepBack } from '#src/threads/step-back.ts';
import type { PassageEnd, PassageOrder } from './open-passages.ts';

stepBack(10);
serveOrders<PassageOrder, PassageEnd>(async ({ documents, question, budgetTokens, sampleTokens }) => {
  try {
    return { text: choosePassages(documents, question, budgetTokens, sampleTokens) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
});
