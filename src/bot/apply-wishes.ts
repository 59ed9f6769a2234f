import type { AcceptedMessage } from '#src/ports/corrections.ts';
import type { LeftUnanswered } from '#src/ports/privacy.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { Clock } from '#src/ports/system.ts';
import { accessOf } from './authorize.ts';
import { alreadyStarted, consentSentences, consentWordingVersion } from './consent-wording.ts';
import { type ConsentWord, toConsentWord } from './consent-words.ts';

/** Who asks for the same again and again hears it once in this time, in milliseconds. */
const onceInMs = 60_000;

/**
 * Carries out STOP and START in the transaction that stores them, whoever sends them: a turn that is under way for the same person is
 * not over before its answer is out, and that is what must not be sent any more. Costs nothing where nobody says either.
 * @returns the other messages, and those that are left unanswered now
 */
export async function applyWishes(
  stores: Stores,
  clock: Clock,
  arrivals: readonly AcceptedMessage[],
): Promise<{ ordinary: readonly AcceptedMessage[]; left: readonly LeftUnanswered[] }> {
  const ordinary: AcceptedMessage[] = [];
  const left: LeftUnanswered[] = [];
  for (const arrival of arrivals) {
    const word = arrival.isOvertaken ? undefined : toConsentWord(arrival.message);
    const outcome = word && (await apply(stores, clock, arrival, word));
    if (outcome) left.push(...outcome);
    else ordinary.push(arrival);
  }
  if (left.length === 0) return { ordinary, left };
  const isLeft = new Set(left.map(({ id }) => id));
  return { ordinary: ordinary.filter(({ messageId }) => !isLeft.has(messageId)), left };
}

/** @returns what is left unanswered by it; undefined when the word means nothing special from this person now */
async function apply(
  stores: Stores,
  clock: Clock,
  { userId, messageId, isAllowed, message }: AcceptedMessage,
  { wish, language, isPlain }: ConsentWord,
): Promise<readonly LeftUnanswered[] | undefined> {
  const { channel, type } = message;
  const to = { userId, channel, replyAddress: message.replyAddress, ownAddress: message.ownAddress };
  const origin = { source: 'message', channel, messageId, wordingVersion: consentWordingVersion } as const;
  const sentences = consentSentences[language];
  if (wish === 'stop') {
    const { isNew, left } = await stores.consents.stop(userId, origin);
    if (isNew) await stores.outbox.queueNotice(to, [sentences.stopped], { despiteOptOut: true });
    return left;
  }
  const { isNew, left } = await stores.consents.start(userId, origin);
  if (isNew) {
    await stores.outbox.queueNotice(to, [sentences.resumed], { despiteOptOut: true });
    return [...left, ...(await close(stores, { id: messageId, channel, type }, userId))];
  }
  // A stranger is told so, and to everybody else a synonym is a word like any other; so is what an earlier message is edited into.
  if (!isAllowed || !isPlain || message.change) return undefined;
  await stores.consents.note(userId, { source: 'message', channel, messageId });
  const isFirst = await stores.notices.claim(
    userId,
    'already_started',
    new Date(clock.now().getTime() + onceInMs),
  );
  // Whoever answers the template so has written, too.
  const address = { channel, to: to.replyAddress, from: to.ownAddress, textUnits: 0 };
  await stores.window.release(userId, address);
  if (isFirst) await stores.outbox.queueNotice(to, [alreadyStarted]);
  return close(stores, { id: messageId, channel, type }, userId);
}

/** A word that has been answered is no question: nobody looks at it any more. */
async function close(
  stores: Stores,
  message: Omit<LeftUnanswered, 'verdict'>,
  userId: string,
): Promise<LeftUnanswered[]> {
  // An edit is none, and what was taken back at once is decided on as well.
  const waiting = await stores.inbox.undecided(userId);
  if (!waiting.some(({ id }) => id === message.id)) return [];
  const user = await stores.users.get(userId);
  const verdict = user ? accessOf(user) : 'not_whitelisted';
  await stores.inbox.leaveUnanswered(new Map([[message.id, verdict]]));
  return [{ ...message, verdict }];
}
