import type { Verdict } from '#src/domain/message.ts';
import type { StoredMessage } from '#src/domain/turn.ts';
import type { User } from '#src/domain/user.ts';
import type { NoticeKind, Stores } from '#src/ports/stores.ts';
import { isPrivacyCommand, toCommand } from './commands.ts';
import type { BotDeps } from './deps.ts';
import type { PrivacyCommand } from './privacy-commands.ts';
import { hasWindow, isWithinWindow, writtenAt } from './window.ts';
import { wording } from './wording.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** How often a stranger is told the same about their data, in milliseconds. */
const strangersPauseMs = 10 * 60_000;
/** `/forget yes` only ever works once. */
const strangersClaims = {
  privacy: 'asked_privacy',
  export: 'asked_export',
  forget: 'asked_forget',
  'forget yes': undefined,
} as const satisfies Record<PrivacyCommand, NoticeKind | undefined>;

/** A message that was judged, for the metrics: to be counted once the verdict is stored. */
type Judged = Parameters<BotDeps['metrics']['judged']>[0];

/**
 * Decides for each message whether it is answered, and stores that. Strangers and switched-off people hear one refusal a day,
 * people over the limit one notice a window. What may be answered becomes turns; what was held for them follows before anything new.
 * A message that comes when no answer would get through any more is stored and left alone.
 */
export async function authorize(
  stores: Stores,
  deps: Pick<BotDeps, 'clock' | 'rules' | 'channels'>,
  userId: string,
  received: readonly StoredMessage[],
): Promise<Judged[]> {
  const last = received.at(-1);
  const user = last && (await stores.users.get(userId));
  if (!user) return [];
  if (user.mergedInto) {
    await stores.people.handOver(user.id, user.mergedInto);
    await stores.jobs.wake([user.mergedInto], deps.clock.now(), 0);
    return [];
  }
  const { verdicts, freeAt } = judge(user, received, deps.clock.now());
  if (user.hasHeldParts && !user.hasOptedOut) await releaseHeld(stores, deps, received, verdicts);
  await allowPrivacyCommands(stores, deps, { user, received, verdicts });
  const turns = toTurns(received.filter((message) => verdicts.get(message.id) === 'allowed'));

  const toBeAnswered = new Set(turns.flat().map((message) => message.id));
  await stores.inbox.leaveUnanswered(new Map([...verdicts].filter(([id]) => !toBeAnswered.has(id))));
  for (const messages of turns) {
    // `/new` is the last word of the old conversation; what follows belongs to a fresh one.
    const conversationId = await stores.conversations.active(userId);
    await stores.turns.open({ userId, conversationId, messageIds: messages.map((message) => message.id) });
    if (toCommand(messages[0]) === 'new') await stores.conversations.end(userId);
  }
  await queueNotices(stores, deps, { user, last, verdicts: [...verdicts.values()], freeAt });
  return received.flatMap(({ id, channel, type }) => {
    const verdict = verdicts.get(id);
    return verdict ? [{ channel, type, verdict }] : [];
  });
}

/** The person has written: they can be reached where they wrote from. */
async function releaseHeld(
  stores: Stores,
  { channels }: Pick<BotDeps, 'channels'>,
  received: readonly StoredMessage[],
  verdicts: ReadonlyMap<string, Verdict>,
): Promise<void> {
  const opens = received.findLast(({ id, change }) => !change && verdicts.get(id) !== 'outside_window');
  if (!opens) return;
  const { userId, channel, replyAddress: to, ownAddress: from } = opens;
  const textUnits = channels.get(channel)?.limits.textUnits ?? 0;
  await stores.window.release(userId, { channel, to, from, textUnits });
}

/**
 * What is stored about strangers is theirs as well: they may ask about it, each command once in a while. Whoever the owner has shut
 * out asks the owner, as they could shake that off with `/forget`.
 */
async function allowPrivacyCommands(
  stores: Stores,
  { clock }: Pick<BotDeps, 'clock'>,
  about: { user: User; received: readonly StoredMessage[]; verdicts: Map<string, Verdict> },
): Promise<void> {
  const { user, received, verdicts } = about;
  if (user.isDecidedByOwner) return;
  for (const message of received) {
    const command = toCommand(message);
    if (verdicts.get(message.id) !== 'not_whitelisted' || !command || !isPrivacyCommand(command)) continue;
    const kind = strangersClaims[command];
    const until = new Date(clock.now().getTime() + strangersPauseMs);
    if (!kind || (await stores.notices.claim(user.id, kind, until))) verdicts.set(message.id, 'allowed');
  }
}

/** Whether a person may use the bot. */
export function accessOf(user: User): Extract<Verdict, 'allowed' | 'inactive' | 'not_whitelisted'> {
  if (!user.isActive) return 'inactive';
  return user.isWhitelisted ? 'allowed' : 'not_whitelisted';
}

function judge(
  user: User,
  received: readonly StoredMessage[],
  now: Date,
): { verdicts: Map<string, Verdict>; freeAt: Date | undefined } {
  let freeAt: Date | undefined;
  const access = user.hasOptedOut ? 'opted_out' : accessOf(user);
  const verdicts = received.map((message): [string, Verdict] => {
    const isInTime = !hasWindow(message.channel) || isWithinWindow(writtenAt(message), now);
    if (access !== 'opted_out' && !isInTime) return [message.id, 'outside_window'];
    if (access !== 'allowed' || !message.limitedUntil) return [message.id, access];
    freeAt = message.limitedUntil;
    return [message.id, 'rate_limited'];
  });
  return { verdicts: new Map(verdicts), freeAt };
}

async function queueNotices(
  stores: Stores,
  { clock, rules }: Pick<BotDeps, 'clock' | 'rules'>,
  about: { user: User; last: StoredMessage; verdicts: readonly Verdict[]; freeAt: Date | undefined },
): Promise<void> {
  const { user, last, verdicts, freeAt } = about;
  const now = clock.now().getTime();
  const refused = verdicts.find((verdict) => verdict === 'inactive' || verdict === 'not_whitelisted');
  if (refused) {
    const first = await stores.notices.claim(user.id, refused, new Date(now + dayMs));
    const text = refused === 'inactive' ? wording.switchedOff(rules.appName) : wording.refusal(rules.appName);
    if (first) await stores.outbox.queueNotice(last, [text]);
  }
  if (freeAt) {
    const first = await stores.notices.claim(user.id, 'rate_limited', freeAt);
    if (first) await stores.outbox.queueNotice(last, [wording.rateLimited(freeAt.getTime() - now)]);
  }
}

/** What a person sent together is one turn; a command is a turn of its own; a mere reaction asks for no answer. */
function toTurns(messages: readonly StoredMessage[]): StoredMessage[][] {
  const turns: StoredMessage[][] = [];
  let joined: StoredMessage[] | undefined;
  for (const message of messages) {
    if (message.providerType === 'reaction') continue;
    if (toCommand(message)) {
      turns.push([message]);
      joined = undefined;
    } else if (joined) {
      joined.push(message);
    } else {
      joined = [message];
      turns.push(joined);
    }
  }
  return turns;
}
