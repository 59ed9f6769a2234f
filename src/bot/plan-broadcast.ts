import type { BroadcastContent, Recipient } from '#src/domain/broadcast.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { PersonFacts, PlannedRecipient } from '#src/ports/broadcasts.ts';
import type { PartAddress } from '#src/ports/outbox.ts';
import type { StoredTemplate } from '#src/ports/outreach.ts';
import { type ChosenTemplate, chooseTemplate } from './choose-template.ts';
import { chooseAddress, type OrderRefusal, type PlaceDeps } from './send-message.ts';
import { hasWindow, isWithinWindow } from './window.ts';

/** What is expected of a recipient: what they get and what it counts as, or why they get nothing. */
export interface Plan extends PlannedRecipient {
  readonly isInWindow: boolean;
  /** Undefined when they get nothing. */
  readonly way:
    | {
        readonly channel: ChannelName;
        readonly category: string /** Digits; '' where it is not known. */;
        readonly phone: string;
      }
    | undefined;
}

const nobody = (phone: string | undefined): PersonFacts => ({
  person: {
    userId: '',
    phone,
    bsuid: undefined,
    isSimulated: false,
    hasOptedOut: false,
    hasOptedOutOfMarketing: false,
  },
  used: [],
  wroteAt: new Map(),
});

/**
 * Looks at everybody a broadcast is for. What is found here is found again for each when their turn comes: hours may lie between.
 * @param facts what is known of each recipient, in their order
 */
export function planBroadcast(
  deps: PlaceDeps,
  order: { readonly content: BroadcastContent; readonly recipients: readonly Recipient[] },
  known: {
    readonly facts: readonly (PersonFacts | undefined)[];
    readonly templates: readonly StoredTemplate[];
  },
): Plan[] {
  const seen = new Set<string>();
  return order.recipients.map((recipient, at) => {
    const facts = known.facts[at];
    const userId = facts?.person.userId;
    const plan = planOne(deps, order.content, { recipient, facts, templates: known.templates });
    const name = userId ?? `${recipient.kind} ${recipient.given}`;
    const isRepeated = recipient.kind !== 'unreadable' && seen.has(name);
    seen.add(name);
    if (isRepeated) return { ...plan, way: undefined, skipped: duplicate };
    return plan;
  });
}

/** Why somebody gets nothing a second time. */
export const duplicate = { code: 'duplicate', words: 'the same person is in the list before' };

function planOne(
  deps: PlaceDeps,
  content: BroadcastContent,
  about: { recipient: Recipient; facts: PersonFacts | undefined; templates: readonly StoredTemplate[] },
): Plan {
  const { recipient, facts, templates } = about;
  const base = { ...recipient, userId: facts?.person.userId, isInWindow: false, way: undefined };
  const skip = (code: string, words: string): Plan => ({ ...base, skipped: { code, words } });
  if (recipient.kind === 'unreadable')
    return skip('invalid_recipient', recipient.fault ?? 'this is no phone number or id');
  if (!facts && recipient.kind !== 'phone') return skip('unknown_person', 'nobody has this id');
  const { person, used, wroteAt } = facts ?? nobody(recipient.given);
  if (person.hasOptedOut) return skip('opted_out', 'the person wants no messages');

  const address = chooseAddress(deps, {
    person,
    used,
    wanted: content.channel,
    suitable: content.text === undefined ? new Set(templates.map(({ channel }) => channel)) : new Set(),
  });
  if ('refused' in address) return skip(address.refused, address.words);
  const { channel } = address;
  const isInWindow = !hasWindow(channel) || isWithinWindow(wroteAt.get(channel) ?? 0, deps.clock.now());
  const found = { ...base, isInWindow, skipped: undefined };
  if (content.text !== undefined && isInWindow)
    return { ...found, way: { channel, category: 'service', phone: phoneIn(address) } };
  if (!content.template)
    return {
      ...found,
      skipped: {
        code: 'outside_window',
        words: 'free text does not reach them: they have not written for 24 hours',
      },
    };

  // The channel that carries the template may be another one than the one they write on.
  const way = chooseAddress(deps, {
    person,
    used,
    wanted: content.channel,
    suitable: new Set(templates.map((one) => one.channel)),
  });
  if ('refused' in way) return skip(way.refused, way.words);
  const chosen = chooseFor(templates, way.channel, content, recipient.values);
  if ('refused' in chosen) return { ...found, skipped: { code: chosen.refused, words: chosen.words } };
  if (chosen.isMarketing && person.hasOptedOutOfMarketing)
    return { ...found, skipped: { code: 'opted_out', words: 'the person wants no marketing messages' } };
  const category = templates.find((one) => one.channel === way.channel && one.name === chosen.name)?.category;
  return { ...found, way: { channel: way.channel, category: category ?? 'unknown', phone: phoneIn(way) } };
}

/** The digits of an address that is a phone's. */
function phoneIn({ to }: PartAddress): string {
  return /^(?:whatsapp:\+)?(\d+)$/.exec(to)?.[1] ?? '';
}

/** The template as one person gets it. */
export function chooseFor(
  templates: readonly StoredTemplate[],
  channel: ChannelName,
  { template }: BroadcastContent,
  values: Readonly<Record<string, string>>,
): ChosenTemplate | OrderRefusal {
  const { name = '', language } = template ?? {};
  return chooseTemplate(templates, channel, { name, language, values });
}
