import autocannon from 'autocannon';
import { newSid, signedWebhook, textMessage } from '#tests/support/twilio-webhook.ts';

/*
 * The load, a program of its own: the receiver must not share a thread with whoever measures it. Signs every webhook before the
 * first is sent, sends each exactly once, and reports over IPC.
 */

/** What is to be sent; the first message this process receives. */
export interface LoadOrder {
  readonly origin: string;
  /** The address that the signatures are for. */
  readonly signedUrl: string;
  readonly authToken: string;
  readonly amount: number;
  readonly connections: number;
  readonly senders: number;
}

/** What came of it; the only message this process sends. */
export interface LoadResult {
  readonly acknowledged: number;
  /** Anything but 200, dropped connections and timeouts. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

process.once('message', (order: LoadOrder) => {
  void send(order).then((result) => {
    process.send?.(result);
    process.disconnect?.();
  });
});

async function send(order: LoadOrder): Promise<LoadResult> {
  const { origin, amount, connections } = order;
  const requests = Array.from({ length: amount }, (_, index) => toRequest(order, index));
  // autocannon gives every connection the same number of requests, the remainder to the first ones.
  let taken = 0;
  let connection = 0;
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let endedAt = startedAt;
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const options: autocannon.Options = {
    url: origin,
    connections,
    amount,
    // Only decides how soon the end is noticed.
    sampleInt: 100,
    timeout: 30,
    setupClient(client) {
      const share = Math.floor(amount / connections) + (connection < amount % connections ? 1 : 0);
      client.setRequests(requests.slice(taken, taken + share));
      taken += share;
      connection += 1;
    },
  };
  const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
  run.on('response', (_client, status, _bytes, ms) => {
    endedAt = performance.now();
    if (status === 200) latenciesMs.push(ms);
  });
  const { errors, timeouts, non2xx } = await promise;
  latenciesMs.sort((one, other) => one - other);
  const at = (share: number) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)] ?? Number.NaN;
  return {
    acknowledged: latenciesMs.length,
    failed: errors + timeouts + non2xx,
    perSecond: (latenciesMs.length / (endedAt - startedAt)) * 1000,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

function toRequest({ signedUrl, authToken, senders }: LoadOrder, index: number): autocannon.Request {
  const from = `+1555${String(1_000_000 + (index % senders)).padStart(7, '0')}`;
  const params = textMessage({ from, body: `Could you look at number ${index}?`, messageSid: newSid('SM') });
  const { headers, body } = signedWebhook({ authToken, url: signedUrl, params });
  return { method: 'POST', path: '/webhook', headers, body };
}
