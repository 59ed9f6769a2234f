import type { Verdict } from '#src/domain/message.ts';
import type { StoredMessage } from '#src/domain/turn.ts';
import type { User } from '#src/domain/user.ts';
import type { Stores } from '#src/ports/stores.ts';
import { toCommand } from './commands.ts';
import type { BotDeps } from './deps.ts';
import { wording } from './wording.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** A message that was judged, for the metrics: to be counted once the verdict is stored. */
type Judged = Parameters<BotDeps['metrics']['judged']>[0];

/**
 * Decides for each message whether it is answered, and stores that. Strangers and switched-off people hear one refusal a day,
 * people over the limit one notice a window. What may be answered becomes turns.
 */
export async function authorize(
  stores: Stores,
  deps: Pick<BotDeps, 'clock' | 'rules'>,
  userId: string,
  received: readonly StoredMessage[],
): Promise<Judged[]> {
  const last = received.at(-1);
  const user = last && (await stores.users.get(userId));
  if (!user) return [];
  const { verdicts, freeAt } = judge(user, received);
  const turns = toTurns(received.filter((message) => verdicts.get(message.id) === 'allowed'));

  await stores.inbox.decide(verdicts, new Set(turns.flat().map((message) => message.id)));
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

function judge(
  user: User,
  received: readonly StoredMessage[],
): { verdicts: Map<string, Verdict>; freeAt: Date | undefined } {
  let freeAt: Date | undefined;
  const access: Verdict = !user.isActive ? 'inactive' : !user.isWhitelisted ? 'not_whitelisted' : 'allowed';
  const verdicts = received.map((message): [string, Verdict] => {
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
