import type { AcceptedMessage } from '#src/ports/corrections.ts';
import type { LeftUnanswered } from '#src/ports/privacy.ts';
import type { NoticeKind, Stores } from '#src/ports/stores.ts';
import type { Clock } from '#src/ports/system.ts';
import { accessOf } from './authorize.ts';
import type { ConsentLanguage } from './consent-vocabulary.ts';
import { alreadyStarted, consentSentences, consentWordingVersion } from './consent-wording.ts';
import { type ConsentWord, toConsentWord } from './consent-words.ts';

/** Who asks for the same again and again hears it once in this time, in milliseconds. */
const onceInMs = 60_000;

/** What the wishes among some messages come to. */
interface Wishes {
  /** The other messages. */
  readonly ordinary: readonly AcceptedMessage[];
  /** Those that are left unanswered now. */
  readonly left: readonly LeftUnanswered[];
  /** Who wants no messages from now on. */
  readonly stopped: ReadonlySet<string>;
}

/**
 * Carries out STOP and START in the transaction that stores them, whoever sends them: a turn that is under way for the same person is
 * not over before its answer is out, and that is what must not be sent any more. Costs nothing where nobody says either.
 */
export async function applyWishes(
  stores: Stores,
  clock: Clock,
  arrivals: readonly AcceptedMessage[],
): Promise<Wishes> {
  const ordinary: AcceptedMessage[] = [];
  const left: LeftUnanswered[] = [];
  const stopped = new Set<string>();
  for (const arrival of arrivals) {
    const word = arrival.isOvertaken ? undefined : toConsentWord(arrival.message);
    const outcome = word && (await apply(stores, clock, arrival, word));
    if (outcome) left.push(...outcome);
    else ordinary.push(arrival);
    if (outcome && word?.wish === 'stop') stopped.add(arrival.userId);
  }
  if (left.length === 0) return { ordinary, left, stopped };
  const isLeft = new Set(left.map(({ id }) => id));
  return { ordinary: ordinary.filter(({ messageId }) => !isLeft.has(messageId)), left, stopped };
}

/** @returns what is left unanswered by it; undefined when the word means nothing special from this person now */
async function apply(
  stores: Stores,
  clock: Clock,
  arrival: AcceptedMessage,
  { wish, language, isPlain }: ConsentWord,
): Promise<readonly LeftUnanswered[] | undefined> {
  if (wish === 'stop_promotions') return stopPromotions(stores, clock, arrival, language);
  const { userId, messageId, isAllowed, message } = arrival;
  const { channel, type } = message;
  const to = addressOf(arrival);
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
  await sayOnce(stores, clock, to, { kind: 'already_started', text: alreadyStarted });
  return close(stores, { id: messageId, channel, type }, userId);
}

/** Promotions end, and nothing else: what they ask is still answered. It is confirmed also when WhatsApp has told of it before. */
async function stopPromotions(
  stores: Stores,
  clock: Clock,
  arrival: AcceptedMessage,
  language: ConsentLanguage,
): Promise<readonly LeftUnanswered[] | undefined> {
  const { userId, messageId, message } = arrival;
  const { channel, type } = message;
  const wordingVersion = consentWordingVersion;
  await stores.consents.stopMarketing(userId, { source: 'message', channel, messageId, wordingVersion });
  const user = await stores.users.get(userId);
  // Whoever wants nothing at all hears nothing.
  if (!user || user.hasOptedOut) return undefined;
  const text = consentSentences[language].promotionsStopped;
  await sayOnce(stores, clock, addressOf(arrival), { kind: 'promotions_stopped', text });
  return close(stores, { id: messageId, channel, type }, userId);
}

function addressOf({ userId, message }: AcceptedMessage) {
  const { channel, replyAddress, ownAddress } = message;
  return { userId, channel, replyAddress, ownAddress };
}

async function sayOnce(
  stores: Stores,
  clock: Clock,
  to: ReturnType<typeof addressOf>,
  { kind, text }: { kind: NoticeKind; text: string },
): Promise<void> {
  const until = new Date(clock.now().getTime() + onceInMs);
  const isFirst = await stores.notices.claim(to.userId, kind, until);
  // Whoever answers the template so has written, too.
  const address = { channel: to.channel, to: to.replyAddress, from: to.ownAddress, textUnits: 0 };
  await stores.window.release(to.userId, address);
  if (isFirst) await stores.outbox.queueNotice(to, [text]);
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
