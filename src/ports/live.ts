/** Something a watching page should know about; ids only. */
export type LiveEvent =
  | { readonly kind: 'changed'; readonly userId: string }
  | { readonly kind: 'typing'; readonly userId: string };

/** Tells open pages that something happened. Losing an event is harmless: pages reread what they show. */
export interface Live {
  announce(event: LiveEvent): void;
  /** Returns the unsubscribe function. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}
