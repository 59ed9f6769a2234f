import { workerData } from 'node:worker_threads';
import { Agent, type Dispatcher, request } from 'undici';
import { MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import { serveOrders } from '#src/threads/serve-orders.ts';
import { stepBack } from '#src/threads/step-back.ts';
import { AddressRefused, createGuardedConnector } from './address-guard.ts';
import type { Hop, HopEnd, HopFailure, HopOutcome } from './fetch-messages.ts';
import type { FetchLimits } from './limits.ts';
import { saveBody, tooLarge } from './save-body.ts';

/** What the thread is started with. */
export interface FetchThreadData {
  readonly exemptOrigins: readonly string[];
  readonly limits: FetchLimits;
}

/*
 * The thread's side: whole files pass through here, piece by piece, and none of them through the event loop that acknowledges
 * webhooks. Where to go is decided there, redirects included; which addresses may be dialed is decided here.
 */
const { exemptOrigins, limits } = workerData as FetchThreadData;
const dispatcher = new Agent({
  connect: createGuardedConnector({ exemptOrigins, timeoutMs: limits.connectMs }),
  headersTimeout: limits.headersMs,
  // Silence within a body is caught by the window of `saveBody`; this is the second net.
  bodyTimeout: limits.headersMs,
});

stepBack(10);
serveOrders<Hop, HopOutcome>((hop, signal) =>
  fetchHop(hop, signal).catch((error: unknown) => ({ kind: 'failed', failure: toFailure(error) })),
);

async function fetchHop({ url, authorization, ...file }: Hop, signal: AbortSignal): Promise<HopEnd> {
  const answer = await request(url, {
    dispatcher,
    signal,
    // Nothing is unpacked here, so a packed body of gigabytes stays as small as it came.
    headers: { 'accept-encoding': 'identity', ...(authorization ? { authorization } : {}) },
  });
  const header = (name: string) => {
    const value = answer.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  if (answer.statusCode !== 200) {
    discard(answer);
    const [location, retryAfter] = [header('location'), header('retry-after')];
    return { kind: 'answered', statusCode: answer.statusCode, location, retryAfter };
  }
  const length = header('content-length');
  const declaredBytes = length === undefined ? undefined : Number(length);
  if (declaredBytes !== undefined && declaredBytes > file.maxBytes) {
    discard(answer);
    throw tooLarge();
  }
  const bytes = await saveBody(answer.body, { ...file, declaredBytes, limits });
  const contentType = (header('content-type')?.split(';', 1)[0] ?? '').trim().toLowerCase();
  return { kind: 'saved', bytes, contentType };
}

/** Lets go of a body that nobody reads, and of its connection. */
function discard(answer: Dispatcher.ResponseData): void {
  // Destroying an unread body is reported as an error of it; there is nothing to learn from that.
  answer.body.on('error', () => {}).destroy();
}

function toFailure(error: unknown): HopFailure {
  if (error instanceof AddressRefused) return { kind: 'address' };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof MediaUnusable) return { kind: 'unusable', problem: error.problem, message };
  if (error instanceof ProviderUnavailable) {
    return { kind: 'unavailable', vendorCode: error.vendorCode, message };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return { kind: 'other', code, message };
}
