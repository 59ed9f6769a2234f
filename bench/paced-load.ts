import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { signedWebhook, textMessage } from '#tests/support/twilio-webhook.ts';

/*
 * Webhooks at a steady pace, a program of its own. Nobody waits for anybody: a slow acknowledgement does not hold back the next
 * webhook, so it cannot hide others behind it.
 */

/** What is to be sent; the first message this process receives. */
export interface PacedOrder {
  readonly origin: string;
  readonly authToken: string;
  readonly seconds: number;
  readonly perSecond: number;
}

/** What came of it; the only message this process sends. */
export interface PacedResult {
  readonly acknowledged: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

process.once('message', (order: PacedOrder) => {
  void sendPaced(order).then((result) => {
    process.send?.(result);
    process.disconnect?.();
  });
});

/** Few, so that what they write is joined: their turns should not be what is measured. */
const senders = 20;

async function sendPaced({ origin, authToken, seconds, perSecond }: PacedOrder): Promise<PacedResult> {
  const url = `${origin}/webhook`;
  const webhooks = Array.from({ length: Math.round(seconds * perSecond) }, (_, index) =>
    signedWebhook({
      authToken,
      url,
      params: textMessage({ from: `+1555${2_000_000 + (index % senders)}`, body: `Number ${index}` }),
    }),
  );
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const running: Promise<number | undefined>[] = [];
  for (const [index, webhook] of webhooks.entries()) {
    const waitMs = startedAt + (index * 1000) / perSecond - performance.now();
    if (waitMs > 0) await pause(waitMs);
    running.push(acknowledgeMs(url, webhook, agent));
  }
  const times = await Promise.all(running);
  agent.destroy();
  const timesMs = times.filter((ms) => ms !== undefined).toSorted((one, other) => one - other);
  const at = (share: number) => timesMs[Math.floor((timesMs.length - 1) * share)] ?? Number.NaN;
  return {
    acknowledged: timesMs.length,
    failed: times.length - timesMs.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    slowestMs: at(1),
  };
}

/** Milliseconds from sending to the end of a 200; undefined for anything else. */
function acknowledgeMs(
  url: string,
  webhook: { headers: Record<string, string>; body: string },
  agent: Agent,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const sent = request(url, { method: 'POST', agent, headers: webhook.headers }, (response) => {
      response.resume();
      response.once('end', () =>
        resolve(response.statusCode === 200 ? performance.now() - startedAt : undefined),
      );
      response.once('error', () => resolve(undefined));
    });
    sent.once('error', () => resolve(undefined));
    sent.end(webhook.body);
  });
}
