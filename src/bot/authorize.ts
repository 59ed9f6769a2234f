import type { Verdict } from '#src/domain/message.ts';
import type { StoredMessage } from '#src/domain/turn.ts';
import type { User } from '#src/domain/user.ts';
import type { Stores } from '#src/ports/stores.ts';
import { toCommand } from './commands.ts';
import type { BotDeps } from './deps.ts';
import { wording } from './wording.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Decides for each message whether it is answered, and stores that. Strangers and switched-off people hear one refusal a day,
 * people over the limit one notice a window. What may be answered becomes turns, all in one transaction.
 */
export async function authorize(
  deps: Pick<BotDeps, 'unitOfWork' | 'limiter' | 'clock' | 'rules'>,
  userId: string,
  received: readonly StoredMessage[],
): Promise<void> {
  const last = received.at(-1);
  if (!last) return;
  const user = await deps.unitOfWork.run((stores) => stores.users.get(userId));
  if (!user) return;
  const { verdicts, msUntilFree } = await judge(deps, user, received);
  const turns = toTurns(received.filter((message) => verdicts.get(message.id) === 'allowed'));

  await deps.unitOfWork.run(async (stores) => {
    await stores.inbox.decide(verdicts, new Set(turns.flat().map((message) => message.id)));
    for (const messages of turns) {
      // `/new` is the last word of the old conversation; what follows belongs to a fresh one.
      const conversationId = await stores.conversations.active(userId);
      await stores.turns.open({ userId, conversationId, messageIds: messages.map((message) => message.id) });
      if (toCommand(messages[0]) === 'new') await stores.conversations.end(userId);
    }
    await queueNotices(stores, deps, { user, last, verdicts: [...verdicts.values()], msUntilFree });
  });
}

async function judge(
  { limiter }: Pick<BotDeps, 'limiter'>,
  user: User,
  received: readonly StoredMessage[],
): Promise<{ verdicts: Map<string, Verdict>; msUntilFree: number }> {
  const verdicts = new Map<string, Verdict>();
  let msUntilFree = 0;
  for (const message of received) {
    const access = !user.isActive ? 'inactive' : !user.isWhitelisted ? 'not_whitelisted' : undefined;
    if (access) {
      verdicts.set(message.id, access);
      continue;
    }
    const taken = await limiter.consume(user.id);
    if (!taken.allowed) msUntilFree = taken.msUntilFree;
    verdicts.set(message.id, taken.allowed ? 'allowed' : 'rate_limited');
  }
  return { verdicts, msUntilFree };
}

async function queueNotices(
  stores: Stores,
  { clock, rules }: Pick<BotDeps, 'clock' | 'rules'>,
  about: { user: User; last: StoredMessage; verdicts: readonly Verdict[]; msUntilFree: number },
): Promise<void> {
  const { user, last, verdicts, msUntilFree } = about;
  const from = (ms: number) => new Date(clock.now().getTime() + ms);
  if (verdicts.some((verdict) => verdict === 'inactive' || verdict === 'not_whitelisted')) {
    const first = await stores.notices.claim(user.id, 'refused', from(dayMs));
    if (first) await stores.outbox.queueNotice(last, [wording.refusal(rules.appName)]);
  }
  if (verdicts.includes('rate_limited')) {
    const first = await stores.notices.claim(user.id, 'rate_limited', from(msUntilFree));
    if (first) await stores.outbox.queueNotice(last, [wording.rateLimited(msUntilFree)]);
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
