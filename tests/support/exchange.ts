import { openExchange } from '#src/adapters/exchange/open-exchange.ts';

/** Exchanges with vendors as the product makes them, in a thread that lives as long as the test file. */
export const { exchange } = openExchange();
