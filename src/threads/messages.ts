/** To a thread, several at once: what to do, or, without an order, that it is not wanted any more. */
export type ToThread<Order> = readonly { readonly id: number; readonly order?: Order }[];

/** From a thread: that it can begin, or what came of orders, several at once. */
export type FromThread<End> = 'ready' | readonly { readonly id: number; readonly end: End }[];
