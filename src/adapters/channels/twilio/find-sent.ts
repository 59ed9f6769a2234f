import type twilio from 'twilio';
import { canonicalPhone } from '#src/domain/phone.ts';
import type { OutboundPart } from '#src/ports/channel.ts';
import { sentText } from './sent-text.ts';

/** One page of the newest messages to one person: minutes have passed since the attempt, not hundreds of messages. */
const pageSize = 100;

/** Twilio's times have whole seconds, and two clocks never agree quite. */
const toleranceMs = 5_000;

/**
 * Looks for a part among what was sent to the person since its first attempt. Twilio has no idempotency key, so the text is all
 * there is to go by, with these limits: of two equal texts within the time, either is taken for the other; a text that went out
 * equal up to 5 s before is taken for this one; clocks further apart than that, or more than 100 newer messages, hide a message.
 * The search is not narrowed by `DateSent`: a message that is still queued has none.
 * @returns null when it was not sent
 */
export async function findSent(
  client: twilio.Twilio,
  part: OutboundPart,
  from: string,
): Promise<{ providerId: string } | null> {
  const page = await client.messages.page({ to: part.to, ...(from === '' ? {} : { from }), pageSize });
  const since = part.firstTriedAt.getTime() - toleranceMs;
  const found = page.instances.find(
    (message) =>
      // Whatever its status: trying a failed message again is not this search's decision.
      message.direction.startsWith('outbound') &&
      sameAddress(message.to, part.to) &&
      isItsText(message.body, part) &&
      timeOf(message.dateCreated ?? message.dateSent) >= since,
  );
  return found ? { providerId: found.sid } : null;
}

/** Twilio may write a number in its canonical spelling. */
function sameAddress(one: string, other: string): boolean {
  const canonical = (address: string) => (/\+\d+$/.test(address) ? canonicalPhone(address) : address);
  return canonical(one) === canonical(other);
}

/** The SDK leaves dates it cannot read as text; no time is NaN, which is never late enough. */
function timeOf(date: unknown): number {
  return date instanceof Date ? date.getTime() : Date.parse(String(date));
}

/** Made from a template, a text with choices is on one line, and what follows it is Twilio's. */
function isItsText(body: string | null, part: OutboundPart): boolean {
  const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  return part.choices && !part.template
    ? flat(body ?? '').startsWith(flat(part.text))
    : sameText(body, sentText(part));
}

function sameText(one: string | null, other: string): boolean {
  const plain = (text: string | null) => (text ?? '').replaceAll('\r\n', '\n').trim();
  return plain(one) === plain(other);
}
