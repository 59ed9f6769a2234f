import { setTimeout as pause } from 'node:timers/promises';
import { deliverWebhook } from '#tests/support/person.ts';
import type { WebhookParams } from '#tests/support/twilio-webhook.ts';
import type { World } from '#tests/support/world.ts';
import type { Dice } from './dice.ts';
import { type CrowdMessage, type MessageKind, type MessageMaker, wordsIn } from './messages-of-a-crowd.ts';

/** Several people who write at the same time, each one message after the other. */
export interface Crowd {
  /** What the product has accepted, oldest first. */
  readonly accepted: readonly CrowdMessage[];
  /** Lets everybody write until the signal ends it; resolves once the last message is accepted. */
  write(until: AbortSignal): Promise<void>;
  /** How many accepted messages no answer mentions yet. */
  unanswered(): number;
  /** What is wrong with what people heard: one sentence each. */
  complaints(): string[];
}

/** Half of what people send is text; an album or a document is rarer. */
const kinds: readonly MessageKind[] = ['text', 'text', 'text', 'photo', 'voice', 'pdf'];

/**
 * Delivers a webhook as Twilio does with `rp=all`: to any process that lives, again and again until one answers 200.
 * @throws after three minutes
 */
export async function deliverUntilAccepted(world: World, dice: Dice, params: WebhookParams): Promise<void> {
  const end = Date.now() + 180_000;
  for (;;) {
    const living = world.living();
    if (living.length > 0) {
      const status = await deliverWebhook(dice.pick(living).url, world.twilio.authToken, params).catch(
        () => 0,
      );
      if (status === 200) return;
    }
    if (Date.now() > end) throw new Error('a webhook was not accepted for three minutes');
    await pause(50);
  }
}

/**
 * Gathers a crowd.
 * @param options.pauseMs shortest and longest pause of one person between two messages
 */
export function createCrowd(
  world: World,
  dice: Dice,
  options: { maker: MessageMaker; people: number; pauseMs: readonly [number, number] },
): Crowd {
  const { maker, people, pauseMs } = options;
  const accepted: CrowdMessage[] = [];
  const phones = Array.from({ length: people }, (_, index) => `+1555${String(1_000_000 + index)}`);

  async function writeAs(phone: string, until: AbortSignal): Promise<void> {
    await pause(dice.between(0, pauseMs[1]));
    // At least one message each: a short storm must not leave anybody out.
    do {
      const message = await maker.make(phone, dice.pick(kinds));
      await deliverUntilAccepted(world, dice, message.params);
      accepted.push(message);
      await pause(dice.between(...pauseMs), undefined, { signal: until }).catch(() => {});
    } while (!until.aborted);
  }

  return {
    accepted,
    async write(until) {
      await Promise.all(phones.map((phone) => writeAs(phone, until)));
    },
    unanswered: () => unanswered(world, accepted),
    complaints: () => complaints(world, accepted),
  };
}

/** Nobody reads more of them. */
const mostComplaints = 20;

/** How many of these messages no answer mentions yet. */
export function unanswered({ twilio }: Pick<World, 'twilio'>, accepted: readonly CrowdMessage[]): number {
  const heard = new Set(twilio.sent.flatMap(({ body }) => wordsIn(body)));
  return accepted.filter(({ word }) => !heard.has(word)).length;
}

/**
 * What is wrong with what people heard: every message must be answered once, to its sender, in order. One sentence each.
 * @param inOrder false where the order cannot be kept
 */
export function complaints(
  { twilio }: Pick<World, 'twilio'>,
  accepted: readonly CrowdMessage[],
  inOrder = true,
): string[] {
  const written = Map.groupBy(accepted, ({ phone }) => phone);
  const sent = Map.groupBy(twilio.sent, ({ to }) => to.replace('whatsapp:', ''));
  const found = [...written].flatMap(([phone, messages]) => {
    const expected = messages.map(({ word }) => word);
    const heard = (sent.get(phone) ?? []).flatMap(({ body }) => wordsIn(body));
    const wrong = [...new Set([...expected, ...heard])].flatMap((word) => {
      if (!expected.includes(word)) return `${phone} heard ${word}, which is somebody else's`;
      const times = heard.filter((other) => other === word).length;
      return times === 1 ? [] : `${phone} was answered ${times} times about ${word}`;
    });
    if (wrong.length > 0 || !inOrder || heard.join() === expected.join()) return wrong;
    return `${phone} wrote ${expected}, and heard about ${heard}`;
  });
  const more = found.length - mostComplaints;
  return more > 0 ? [...found.slice(0, mostComplaints), `and ${more} more like these`] : found;
}
