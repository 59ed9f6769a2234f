import { AppError } from '#src/domain/errors.ts';
import type { AtHand, Turn } from '#src/domain/turn.ts';
import type { Stores } from '#src/ports/stores.ts';
import { authorize } from './authorize.ts';
import type { BotDeps } from './deps.ts';
import { linkAccounts } from './link-account.ts';
import { nameChoices } from './name-choices.ts';
import { writtenAt } from './window.ts';

/** An answer that could only be begun this long after the question deserves an apology, in milliseconds. */
const lateAfterMs = 5 * 60_000;
/** More often than a machine is switched off in the middle of one turn. */
const mostRepeats = 40;

/**
 * What the person has sent and nobody has looked at yet is authorized; what has to be done for them then. In one
 * transaction; whoever is told anything of it is told after a later one that is durable.
 */
export async function receive(
  deps: Pick<BotDeps, 'unitOfWork' | 'clock' | 'rules' | 'channels' | 'metrics'>,
  userId: string,
): Promise<AtHand> {
  const { judged, ...atHand } = await deps.unitOfWork.run(async (stores) => {
    const received = await stores.inbox.undecided(userId);
    const { rest, judged: linked } = await linkAccounts(stores, deps, userId, received);
    const understood = await nameChoices(stores, rest);
    const judged = [...linked, ...(await authorize(stores, deps, userId, understood))];
    return { judged, ...(await lookAtHand(stores, userId)) };
  }, 'committed');
  for (const message of judged) deps.metrics.judged(message);
  return atHand;
}

/** What waits for a person: parts to be sent, and the oldest turn that still needs something. */
export async function lookAtHand(stores: Stores, userId: string): Promise<AtHand> {
  const parts = await stores.outbox.pending(userId);
  let turn = await stores.turns.next(userId);
  // Its messages were erased: there is nothing left to answer, and it must not stand in the way.
  while (turn?.messages.length === 0) {
    await stores.turns.finish(turn.id, { failed: 'its messages are gone' });
    turn = await stores.turns.next(userId);
  }
  return { parts, turn };
}

/** The turn as it is when its work begins: late when its messages had been waiting for long. */
export function atItsBeginning(turn: Turn, now: Date): Turn {
  const last = turn.messages.at(-1);
  const waitedMs = now.getTime() - (last ? writtenAt(last) : turn.createdAt.getTime());
  return { ...turn, isLate: waitedMs > lateAfterMs };
}

/**
 * A turn under which process after process ends is given up, with a word to the person, before it ends another one.
 * @throws AppError `ends_its_process`
 */
export async function refuseIfDeadly(deps: Pick<BotDeps, 'unitOfWork'>, turn: Turn): Promise<void> {
  const repeats = await deps.unitOfWork.run((stores) => stores.turns.repeated(turn.id));
  if (repeats <= mostRepeats) return;
  throw new AppError('ends_its_process', 'processes end while they work on this turn', { retryable: false });
}
