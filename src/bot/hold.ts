import type { ChannelName } from '#src/domain/identity.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import type { PartAddress, PartAtHand } from '#src/ports/outbox.ts';
import type { HoldReason } from '#src/ports/outreach.ts';
import type { Stores } from '#src/ports/stores.ts';
import { change } from './conclude.ts';
import type { BotDeps, BotRules } from './deps.ts';
import { wording } from './wording.ts';

/** What the owner reads on a part that waits for its person. */
export const outsideWindow: HoldReason = {
  code: 'outside_window',
  words: 'the person has not written for 24 hours; it follows as soon as they do',
};

/** What is written on a part that its person does not want any more. */
export const unwanted: HoldReason = { code: 'opted_out', words: 'the person wants no messages' };

/** What holding needs to know of the settings. */
export type NudgeRules = Pick<BotRules, 'nudges'>;

/** Whether a person learns that something waits for them; `no_template` when nothing is configured to tell them with. */
export type Nudged = 'now' | 'before' | 'no_template';

/**
 * Keeps a part until its person writes, and has them told that something waits.
 * @returns false when they want no messages by now: then the part is over
 * @throws LostLease when the part is no longer as it was seen
 */
export async function holdPart(
  deps: Pick<BotDeps, 'unitOfWork' | 'channelHealth' | 'log'> & { readonly rules: NudgeRules },
  { userId, part, atHand }: { userId: string; part: QueuedPart; atHand: PartAtHand },
): Promise<boolean> {
  const { channel, to, from } = part;
  let nudged: Nudged | undefined;
  await change(deps, async (stores) => {
    if (await stores.window.hasOptedOut(userId))
      return stores.outbox.failed(atHand, unwanted.code, unwanted.words);
    if (!(await stores.window.hold(atHand, outsideWindow))) return false;
    nudged = await nudge(stores, deps.rules, { userId, channel, to, from });
    return true;
  });
  if (nudged === undefined) return false;
  if (nudged === 'no_template') alertMissingNudge(deps, channel);
  deps.log.info(
    { partId: part.id, turnId: part.turnId, channel },
    'a message is held until the person writes',
  );
  return true;
}

/**
 * Notes that something is held for a person. The first time until they write, a template that tells them so is queued; again only
 * after it was refused.
 */
export async function nudge(
  stores: Stores,
  rules: NudgeRules,
  person: PartAddress & { readonly userId: string },
): Promise<Nudged> {
  const { userId, channel, to, from } = person;
  const template = rules.nudges.get(channel);
  const isFirst = await stores.window.markHeld(userId, { isTold: template !== undefined });
  if (!template) return 'no_template';
  if (!isFirst) return 'before';
  const address = { userId, channel, replyAddress: to, ownAddress: from };
  // Where the words are known, a sending that broke off can be found by them; see `cannotBeFound`.
  const known = await stores.templates.named(template.name, channel);
  const body = known.find(({ language }) => template.language === '' || language === template.language)?.body;
  await stores.outbox.queueNotice(address, [body || wording.nudge], { extras: { template, isNudge: true } });
  return 'now';
}

/**
 * Whether nobody can tell by its words if a nudge went out: those of its template were not known when it was queued. Then it is not
 * repeated. What it announces is held anyway, and two of them annoy more than none.
 */
export function cannotBeFound({ template, text }: Pick<QueuedPart, 'template' | 'text'>): boolean {
  return template !== undefined && text === wording.nudge;
}

/** Tells the owner, once, that people do not learn of what waits for them. */
export function alertMissingNudge(
  { channelHealth }: Pick<BotDeps, 'channelHealth'>,
  channel: ChannelName,
): void {
  channelHealth.alert(channel, {
    code: 'no_nudge_template',
    words:
      'people who have not written for 24 hours do not learn that messages wait: NUDGE_TEMPLATE is not set',
  });
}
