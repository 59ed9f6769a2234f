import { networkCode } from '#src/domain/network-failure.ts';
import type { ApiAnswer, ApiRequest } from '#src/ports/exchange.ts';
import { serveOrders } from '#src/threads/serve-orders.ts';
import { stepBack } from '#src/threads/step-back.ts';
import { exchangeHere } from './exchange.ts';

/** What came of a request; an error cannot leave the thread as it is. */
export type ExchangeEnd =
  | { readonly kind: 'answered'; readonly answer: ApiAnswer }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

// Of what a person waits for here, the vendors' own time is the most; recordings of 16 MB pass through it as well.
stepBack(5);
serveOrders<ApiRequest, ExchangeEnd>(async (request, signal) => {
  try {
    return { kind: 'answered', answer: await exchangeHere(request, signal) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', code: networkCode(error), message };
  }
});
