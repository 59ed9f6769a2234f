import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { mediaMessage, newSid, signedWebhook, textMessage } from '#tests/support/twilio-webhook.ts';
import { type LeanVendors, openLeanVendors, signature } from './lean-vendors.ts';
import type { CrowdOrder, CrowdResult, WorldOrder } from './world-orders.ts';

/*
 * Everything outside of the product, a program of its own: lean stand-ins for Twilio and OpenAI, and the people who write. In one
 * process, so that one clock sees a message leave and its answer arrive.
 */

/** An answer that takes longer than this is counted as missing, in milliseconds. */
const patienceMs = 60_000;

const [order] = (await once(process, 'message')) as [WorldOrder];
const vendors = await openLeanVendors(order);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
process.on('message', (crowd: CrowdOrder) => {
  void serveCrowd(crowd, vendors).then((result) => process.send?.(result));
});
process.once('disconnect', () => process.exit(0));
process.send?.({ url: vendors.url });

async function serveCrowd(crowd: CrowdOrder, world: LeanVendors): Promise<CrowdResult> {
  const waiting = new Map<string, (at: number) => void>();
  const modelMs = new Map<string, number>();
  world.delayMs = crowd.delayMs;
  world.onSend = (digits) => waiting.get(digits)?.(performance.now());
  world.onAnswer = (digits, ms) => modelMs.set(digits, (modelMs.get(digits) ?? 0) + ms);
  const addedMs: number[] = [];
  let [taken, failed, unanswered] = [0, 0, 0];
  let firstAcceptedAt = Number.POSITIVE_INFINITY;

  // Signing takes longer than sending, so it is done before the clock starts.
  const turns = Array.from({ length: crowd.turns }, (_, index) => {
    const person = crowd.people === 'same' ? index % crowd.atOnce : index;
    const digits = String(crowd.firstPhone + person);
    return { digits, webhook: webhookOf(crowd, digits, index) };
  });

  async function oneByOne(own: () => (typeof turns)[number] | undefined): Promise<void> {
    for (let turn = own(); turn; turn = own()) {
      if (crowd.pauseMs > 0) await pause(Math.random() * crowd.pauseMs);
      const { digits, webhook } = turn;
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      waiting.set(digits, resolve);
      const timer = setTimeout(() => resolve(undefined), patienceMs);
      modelMs.delete(digits);
      const startedAt = performance.now();
      if ((await deliver(crowd.origin, webhook)) !== 200) failed += 1;
      firstAcceptedAt = Math.min(firstAcceptedAt, performance.timeOrigin + performance.now());
      const heardAt = await promise;
      clearTimeout(timer);
      if (heardAt === undefined) unanswered += 1;
      else addedMs.push(heardAt - startedAt - (modelMs.get(digits) ?? 0));
      // Nobody writes again before the product knows that its answer has arrived.
      if (crowd.delayMs > 0) await pause(crowd.delayMs + 100);
    }
  }

  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: crowd.atOnce }, (_, slot) => {
      if (crowd.people === 'fresh') return oneByOne(() => turns[taken++]);
      const own = turns.filter((_turn, index) => index % crowd.atOnce === slot).values();
      return oneByOne(() => own.next().value);
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, addedMs, firstAcceptedAt, failed, unanswered };
}

function webhookOf({ origin, accountSid, authToken, refs }: CrowdOrder, digits: string, index: number) {
  const from = `+${digits}`;
  const ref = refs[index % refs.length] ?? '';
  const body = `Could you look at number ${index}? ${signature(digits)}`;
  const link = `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Messages/${newSid('MM')}/Media/${ref}${newSid('ME')}`;
  const contentType = order.files.find((file) => file.ref === ref)?.type ?? '';
  const params = ref
    ? mediaMessage({ from, accountSid, body, media: [{ url: link, contentType }] })
    : textMessage({ from, accountSid, body });
  return signedWebhook({ authToken, url: `${origin}/webhook`, params });
}

function deliver(
  origin: string,
  webhook: { headers: Record<string, string>; body: string },
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request(
      `${origin}/webhook`,
      { method: 'POST', agent, headers: { ...webhook.headers, 'content-length': webhook.body.length } },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode));
        response.once('error', () => resolve(undefined));
      },
    );
    sent.once('error', () => resolve(undefined));
    sent.end(webhook.body);
  });
}
