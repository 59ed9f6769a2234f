import { MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import { createAskThread } from '#src/threads/ask-thread.ts';
import { AddressRefused } from './address-guard.ts';
import type { Hop, HopEnd, HopFailure, HopOutcome } from './fetch-messages.ts';
import type { FetchThreadData } from './fetch-thread.ts';

/** The thread that downloads. */
export interface FetchThread {
  /** Starts it unless it runs; starting is no part of the time that a download may take. @throws an error when it cannot start */
  ready(): Promise<void>;
  /**
   * Runs one hop; resolves or rejects when the thread is done with it, files included.
   * @throws MediaUnusable `too_large`, AddressRefused, ProviderUnavailable, the signal's reason, or an error with its `code`
   */
  run(hop: Hop, signal: AbortSignal): Promise<HopEnd>;
}

/** A thread without work is let go after this long; its memory is worth more than the 50 ms of starting another. */
const idleMs = 60_000;

/**
 * Downloads in a thread of their own. A file of 16 MB comes in hundreds of buffers: beside the work they are, V8 answers so much
 * memory outside its heap with collections of the whole heap, 60 MB in the main thread, where one takes 50 ms, and 10 MB in this
 * one. The thread is started when it is first needed, and does not keep the process alive while it has nothing to do.
 */
export function createFetchThread(data: FetchThreadData): FetchThread {
  const thread = createAskThread<Hop, HopOutcome>(new URL('./fetch-thread.ts', import.meta.url), {
    name: 'downloads',
    data,
    idleMs,
  });
  return {
    ready: () => thread.ready(),
    async run(hop, signal) {
      const end = await thread.ask(hop, signal);
      if (end.kind !== 'failed') return end;
      signal.throwIfAborted();
      throw toError(end.failure);
    },
  };
}

function toError(failure: HopFailure): Error {
  switch (failure.kind) {
    case 'unusable':
      return new MediaUnusable(failure.problem, failure.message);
    case 'unavailable':
      return new ProviderUnavailable(failure.message, { vendorCode: failure.vendorCode });
    case 'address':
      return new AddressRefused('The host is not public');
    case 'other': {
      const error = new Error(failure.message);
      return failure.code === undefined ? error : Object.assign(error, { code: failure.code });
    }
  }
}
