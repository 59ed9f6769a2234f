import { once } from 'node:events';
import OpenAI from 'openai';
import twilio from 'twilio';
import type { RequestOptions } from 'twilio/lib/base/RequestClient.js';
import { loadPrompts } from '#config/prompts.ts';
import { signature } from './lean-vendors.ts';

/*
 * The yardstick of a turn, a program of its own: the vendor calls that any assistant must make, with the vendors' SDKs, and nothing
 * else. No webhook, no database, no queue, no formatting.
 */

/** What is to be done; every message this process receives. */
export interface BareOrder {
  /** Where the vendors are. */
  readonly url: string;
  readonly accountSid: string;
  readonly authToken: string;
  readonly turns: number;
  readonly atOnce: number;
}

/** The SDK's own HTTP client; only the host is another. */
class ElsewhereClient extends twilio.RequestClient {
  readonly #url: string;
  constructor(url: string) {
    super();
    this.#url = url;
  }
  override request<TData>(call: RequestOptions<TData>) {
    const { pathname, search } = new URL(call.uri);
    return super.request({ ...call, uri: `${this.#url}${pathname}${search}` });
  }
}

const instructions = loadPrompts().assistant;
for (;;) {
  const [order] = (await once(process, 'message')) as [BareOrder];
  const openai = new OpenAI({ apiKey: 'sk-bench', baseURL: `${order.url}/v1`, maxRetries: 0 });
  const sender = twilio(order.accountSid, order.authToken, { httpClient: new ElsewhereClient(order.url) });
  let taken = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: order.atOnce }, async () => {
      while (taken < order.turns) {
        taken += 1;
        await turn(openai, sender, 15_550_000_000 + taken);
      }
    }),
  );
  process.send?.({ seconds: (performance.now() - startedAt) / 1000 });
}

async function turn(openai: OpenAI, sender: twilio.Twilio, digits: number): Promise<void> {
  const typing = sender.messaging.v2.typingIndicator.create({
    channel: 'whatsapp',
    messageId: 'SM00000000000000000000000000000000',
  });
  const response = await openai.responses.create({
    model: 'gpt-6-luna',
    instructions,
    input: `Could you look at number ${digits}? ${signature(String(digits))}`,
    store: false,
  });
  await sender.messages.create({
    from: 'whatsapp:+14155238886',
    to: `whatsapp:+${digits}`,
    body: response.output_text,
  });
  await typing;
}
