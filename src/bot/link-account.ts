import type { StoredMessage } from '#src/domain/turn.ts';
import type { User } from '#src/domain/user.ts';
import type { Stores } from '#src/ports/stores.ts';
import { accessOf } from './authorize.ts';
import type { BotDeps } from './deps.ts';
import { wording } from './wording.ts';

type Judged = Parameters<BotDeps['metrics']['judged']>[0];

const dayMs = 24 * 60 * 60 * 1000;

/** What is left to be looked at, and what was decided. */
interface Linked {
  readonly rest: readonly StoredMessage[];
  readonly judged: readonly Judged[];
}

/** The code of `/link ABCD2345`, as it was issued; undefined when a message is something else. */
export function toLinkCode(message: Pick<StoredMessage, 'text' | 'attachments'>): string | undefined {
  if (message.attachments.length > 0) return undefined;
  const given = /^\s*\/link\s+([\p{L}\p{N}\s-]{1,40})$/iu.exec(message.text)?.[1];
  return given?.replace(/[\s-]/g, '').toUpperCase();
}

/**
 * Carries out `/link CODE` before anybody is refused: whoever sends a code of the owner's is the person it was issued for from then
 * on. It runs in the sender's lane, so that nobody is answering them meanwhile. Costs nothing where nobody says it.
 */
export async function linkAccounts(
  stores: Stores,
  { clock }: Pick<BotDeps, 'clock'>,
  userId: string,
  received: readonly StoredMessage[],
): Promise<Linked> {
  const given = received.filter((message) => toLinkCode(message) !== undefined);
  const nothing: Linked = { rest: received, judged: [] };
  if (given.length === 0) return nothing;
  const user = await stores.users.get(userId);
  // A new account is no way around a block.
  if (!user?.isActive || user.hasOptedOut) return nothing;
  const judged: Judged[] = [];
  for (const message of given) {
    const judgedAs = await link(stores, clock, user, message);
    judged.push({ channel: message.channel, type: message.type, verdict: judgedAs });
    // The others are somebody else's now, and wait for them.
    if (judgedAs === 'allowed' && (await stores.users.get(userId))?.mergedInto) return { rest: [], judged };
  }
  return { rest: received.filter((message) => !given.includes(message)), judged };
}

async function link(
  stores: Stores,
  clock: BotDeps['clock'],
  user: User,
  message: StoredMessage,
): Promise<Judged['verdict']> {
  const now = clock.now();
  const outcome = await stores.people.link(user.id, toLinkCode(message) ?? '');
  const verdict = outcome.kind === 'linked' ? 'allowed' : accessOf(user);
  await stores.inbox.leaveUnanswered(new Map([[message.id, verdict]]));
  switch (outcome.kind) {
    case 'linked':
      await stores.outbox.queueNotice({ ...message, userId: outcome.userId }, [wording.linked]);
      await stores.jobs.wake([outcome.userId], now, 0);
      break;
    case 'wrong':
      await stores.outbox.queueNotice(message, [wording.linkWrong]);
      break;
    case 'too_many':
      if (await stores.notices.claim(user.id, 'link_refused', new Date(now.getTime() + dayMs)))
        await stores.outbox.queueNotice(message, [wording.linkTooMany]);
  }
  return verdict;
}
