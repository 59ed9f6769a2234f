/** Something a watching page should know about; ids and addresses only. */
export type LiveEvent =
  | { readonly kind: 'changed'; readonly userId: string }
  | { readonly kind: 'typing'; readonly userId: string }
  /** Typing dots as a channel knows them: by reply address (`simulator:+15550100`), not by user. */
  | { readonly kind: 'typing_to'; readonly address: string };

/** Tells open pages that something happened. Losing an event is harmless: pages reread what they show. */
export interface Live {
  announce(event: LiveEvent): void;
  /** Returns the unsubscribe function. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}
