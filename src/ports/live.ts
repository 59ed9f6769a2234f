/** Something a watching page or another process should know about; ids and addresses only. */
export type LiveEvent =
  | { readonly kind: 'changed'; readonly userId: string }
  | { readonly kind: 'typing'; readonly userId: string }
  /** The person has sent STOP: work for them in other places is in vain. */
  | { readonly kind: 'stopped'; readonly userId: string }
  /** Typing dots as a channel knows them: by reply address (`simulator:+15550100`), not by user. */
  | { readonly kind: 'typing_to'; readonly address: string };

/** Tells open pages and running work that something happened. Losing an event is harmless: what counts is stored. */
export interface Live {
  announce(event: LiveEvent): void;
  /** Returns the unsubscribe function. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
}
