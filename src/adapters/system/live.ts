import type { Live, LiveEvent } from '#src/ports/live.ts';
import type { Log } from '#src/ports/system.ts';

/** Connects the story with open pages inside one process. A listener that throws is logged and hurts nobody else. */
export function createLive(deps: { readonly log: Pick<Log, 'error'> }): Live {
  const listeners = new Set<(event: LiveEvent) => void>();
  return {
    announce(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          // The announcer is in the middle of answering somebody: a broken page must not stop that.
          deps.log.error({ err: error, kind: event.kind }, 'A page could not be told about a change');
        }
      }
    },
    subscribe(listener) {
      // Wrapped, so that the same function subscribed twice is two subscriptions.
      const own = (event: LiveEvent) => listener(event);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
  };
}
