import { AppError } from '#src/domain/errors.ts';
import type { ChannelName, Identity } from '#src/domain/identity.ts';
import type { PartExtras } from '#src/domain/outbound.ts';
import type { JobRunner } from '#src/ports/jobs.ts';
import type { PartAddress } from '#src/ports/outbox.ts';
import type { Addressee } from '#src/ports/outreach.ts';
import type { Stores } from '#src/ports/stores.ts';
import { type ChosenTemplate, chooseTemplate } from './choose-template.ts';
import type { BotDeps } from './deps.ts';
import { splitText, usualTextUnits } from './format/split-text.ts';
import { hasWindow, isWithinWindow } from './window.ts';

/** What the owner wants a person to hear. */
export interface MessageOrder {
  readonly to: { readonly userId: string } | { readonly phone: string } | { readonly bsuid: string };
  /** Undefined takes the one the person wrote on last. */
  readonly channel: ChannelName | undefined;
  readonly content:
    | { readonly text: string; readonly hold: boolean }
    | {
        readonly template: {
          readonly name: string;
          readonly language: string | undefined;
          readonly values: Readonly<Record<string, string>>;
        };
      };
  /** The same key with the same digest is the same order. */
  readonly idempotency: { readonly key: string; readonly digest: string } | undefined;
}

/** Why an order is not carried out. */
export interface OrderRefusal {
  readonly refused:
    | 'unknown_person'
    | 'opted_out'
    | 'channel_not_configured'
    | 'unreachable'
    | 'outside_window'
    | 'unknown_template'
    | 'ambiguous_template'
    | 'template_not_approved'
    | 'wrong_values'
    | 'idempotency_conflict';
  /** A sentence for whoever ordered. */
  readonly words: string;
}

/** What became of an order: a message that is queued, or was when the same order came before. */
export type OrderOutcome = { readonly messageId: string; readonly isRepeated: boolean } | OrderRefusal;

/** Carries out orders. */
export type SendMessage = (order: MessageOrder) => Promise<OrderOutcome>;

/** What placing a message needs. */
export type PlaceDeps = Pick<BotDeps, 'channels' | 'clock' | 'rules'>;
type SendDeps = Pick<BotDeps, 'unitOfWork' | 'channels' | 'clock' | 'rules' | 'live'> & {
  readonly jobs: Pick<JobRunner, 'poke'>;
};

/** A refusal with its words. */
export const refuse = (refused: OrderRefusal['refused'], words: string): OrderRefusal => ({ refused, words });

/** Stores a message with its parts and wakes its person's lane, which sends it after whatever waits there: all in one transaction. */
export function createSendMessage(deps: SendDeps): SendMessage {
  const { unitOfWork, clock, jobs, live } = deps;
  return async (order) => {
    const attempt = () => unitOfWork.run((stores) => carryOut(stores, deps, order));
    // The same order twice at once meets itself: nothing of the second one was stored, and it finds the first one now.
    const done = await attempt().catch((error: unknown) => {
      if (error instanceof AppError) throw error;
      return attempt();
    });
    if ('refused' in done) return done;
    const { userId, ...outcome } = done;
    if (userId !== undefined) {
      jobs.poke(clock.now());
      live.announce({ kind: 'changed', userId });
    }
    return outcome;
  };
}

async function carryOut(
  stores: Stores,
  deps: SendDeps,
  order: MessageOrder,
): Promise<OrderRefusal | { messageId: string; isRepeated: boolean; userId?: string }> {
  const { idempotency } = order;
  const earlier = idempotency && (await stores.outreach.earlier(idempotency.key));
  if (earlier) {
    if (earlier.digest === idempotency.digest) return { messageId: earlier.messageId, isRepeated: true };
    return refuse('idempotency_conflict', 'This Idempotency-Key was used for another message.');
  }
  const placed = await placeMessage(stores, deps, order);
  if ('refused' in placed) return placed;
  const { messageId, userId } = placed;
  if (idempotency) await stores.outreach.remember(idempotency.key, { messageId, digest: idempotency.digest });
  await stores.jobs.wake([userId], deps.clock.now(), 0);
  return { messageId, isRepeated: false, userId };
}

/** Stores a message with its parts behind whatever waits for its person, in the caller's transaction, who wakes their lane. */
export async function placeMessage(
  stores: Stores,
  deps: PlaceDeps,
  { to, channel, content }: Omit<MessageOrder, 'idempotency'>,
): Promise<OrderRefusal | { messageId: string; userId: string }> {
  const person = await findPerson(stores, to);
  if (!person) return refuse('unknown_person', 'No person has this id.');
  if (person.hasOptedOut) return refuse('opted_out', 'The person wants no messages.');

  const known = 'template' in content ? await stores.templates.named(content.template.name) : [];
  const address = chooseAddress(deps, {
    person,
    used: person.userId === undefined ? [] : await stores.outreach.addresses(person.userId),
    wanted: channel,
    suitable: new Set(known.map(({ channel }) => channel)),
  });
  if ('refused' in address) return address;
  const said =
    'text' in content
      ? await plainText(stores, deps, { person, address, ...content })
      : filledTemplate(person, address, chooseTemplate(known, address.channel, content.template));
  if ('refused' in said) return said;

  // Nobody is added for an order that is refused.
  const userId = person.userId ?? (await addPerson(stores, deps, person));
  return { userId, messageId: await stores.outreach.post({ userId, ...address, ...said }) };
}

/** Whom an order is for: somebody known, or whoever has a number that nobody has met yet. */
type Candidate = Omit<Addressee, 'userId'> & { readonly userId: string | undefined };

/** A number may be anybody's; an id must be known. */
async function findPerson(stores: Stores, to: MessageOrder['to']): Promise<Candidate | undefined> {
  if ('userId' in to) return stores.outreach.find(to);
  const identity: Identity =
    'phone' in to
      ? { kind: 'phone', scope: '', value: to.phone }
      : { kind: 'bsuid', scope: '', value: to.bsuid };
  const known = await stores.outreach.find({ identity });
  if (known || identity.kind !== 'phone') return known;
  return {
    userId: undefined,
    phone: identity.value,
    bsuid: undefined,
    isSimulated: false,
    hasOptedOut: false,
    hasOptedOutOfMarketing: false,
  };
}

async function addPerson(
  stores: Stores,
  { rules }: Pick<PlaceDeps, 'rules'>,
  { phone = '' }: Candidate,
): Promise<string> {
  const isWelcome = rules.isWelcome([{ kind: 'phone', scope: '', value: phone }]);
  return (await stores.outreach.add(phone, isWelcome)).userId;
}

/** The channel that was asked for, else the one the person wrote on last, else one that is configured; and their address there. */
export function chooseAddress(
  { channels, rules }: Pick<PlaceDeps, 'channels' | 'rules'>,
  about: {
    person: Candidate;
    /** Where they wrote last on each channel, the latest first. */
    used: readonly PartAddress[];
    wanted: ChannelName | undefined;
    suitable: ReadonlySet<ChannelName>;
  },
): PartAddress | OrderRefusal {
  const { person, wanted, suitable } = about;
  if (wanted && !channels.has(wanted))
    return refuse('channel_not_configured', `The channel ${wanted} is not configured.`);
  const used = about.used.filter(({ channel }) => channels.has(channel));
  const others = [...channels.keys()].filter((name) => hasWindow(name) && !person.isSimulated);
  const candidates = wanted ? [wanted] : [...new Set([...used.map(({ channel }) => channel), ...others])];
  // A template belongs to one channel: where the person has been does not matter then.
  const fitting = suitable.size > 0 ? candidates.filter((name) => suitable.has(name)) : candidates;
  for (const channel of fitting.length > 0 ? fitting : candidates) {
    const address =
      used.find((one) => one.channel === channel) ?? madeUp(person, channel, rules.ownAddresses);
    if (address) return address;
  }
  return refuse('unreachable', 'No channel that is configured leads to this person.');
}

/** The address of somebody who has never written on a channel. */
function madeUp(
  { phone, bsuid, isSimulated }: Candidate,
  channel: ChannelName,
  ownAddresses: ReadonlyMap<ChannelName, string>,
): PartAddress | undefined {
  const from = ownAddresses.get(channel);
  if (isSimulated || from === undefined) return undefined;
  const name = phone ?? bsuid;
  if (name === undefined) return undefined;
  return { channel, from, to: channel === 'meta' ? name.replace(/^\+/, '') : `whatsapp:${name}` };
}

async function plainText(
  stores: Stores,
  { channels, clock }: Pick<PlaceDeps, 'channels' | 'clock'>,
  said: { person: Candidate; address: PartAddress; text: string; hold: boolean },
): Promise<{ parts: readonly string[] } | OrderRefusal> {
  const { person, address, text, hold } = said;
  if (hasWindow(address.channel) && !hold) {
    const { userId } = person;
    const wroteAt = userId === undefined ? undefined : await stores.window.lastWrote(userId, address.channel);
    if (!wroteAt || !isWithinWindow(wroteAt, clock.now()))
      return refuse(
        'outside_window',
        'The person has not written for 24 hours: send a template, or set hold and it follows once they write.',
      );
  }
  return { parts: splitText(text, channels.get(address.channel)?.limits.textUnits ?? usualTextUnits) };
}

function filledTemplate(
  person: Candidate,
  address: PartAddress,
  chosen: ChosenTemplate | OrderRefusal,
): { parts: readonly string[]; extras: PartExtras } | OrderRefusal {
  if ('refused' in chosen) return chosen;
  if (chosen.isMarketing && person.hasOptedOutOfMarketing)
    return refuse('opted_out', 'The person wants no marketing messages.');
  const { name, values, language } = chosen;
  return {
    parts: [chosen.text],
    extras: { template: { name, values, language: address.channel === 'twilio' ? '' : language } },
  };
}
