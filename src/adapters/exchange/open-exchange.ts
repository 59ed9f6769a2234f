import type { ApiRequest, Exchange } from '#src/ports/exchange.ts';
import { createAskThread } from '#src/threads/ask-thread.ts';
import type { ExchangeEnd } from './exchange-thread.ts';

/** Exchanges with vendors' APIs, and the thread they are made in. */
export interface OpenExchange extends AsyncDisposable {
  readonly exchange: Exchange;
}

/**
 * Talks to vendors in a thread of its own: sockets, TLS and HTTP take two thirds of a call's processor time, 280 µs a turn, in which
 * the main thread acknowledges webhooks and composes answers instead. The SDKs stay on the main thread; what goes to and fro is text.
 */
export function openExchange(): OpenExchange {
  const thread = createAskThread<ApiRequest, ExchangeEnd>(new URL('./exchange-thread.ts', import.meta.url), {
    name: 'vendors',
  });
  return {
    async exchange(request, signal) {
      const end = await thread.ask(request, signal);
      if (end.kind === 'answered') return end.answer;
      signal.throwIfAborted();
      throw Object.assign(new Error(end.message), { code: end.code });
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}
