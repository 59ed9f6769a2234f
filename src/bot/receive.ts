import { AppError } from '#src/domain/errors.ts';
import type { StoredMessage, Turn } from '#src/domain/turn.ts';
import type { BotDeps } from './deps.ts';

/** An answer that could only be begun this long after the question deserves an apology, in milliseconds. */
const lateAfterMs = 5 * 60_000;

/** The person's messages that nobody has looked at yet, oldest first. They stay unlooked-at until `authorize` decides. */
export function receive(
  { unitOfWork }: Pick<BotDeps, 'unitOfWork'>,
  userId: string,
): Promise<StoredMessage[]> {
  return unitOfWork.run((stores) => stores.inbox.undecided(userId));
}

/** The person's oldest turn that still needs something: an answer, or the delivery of one. */
export async function nextTurn(
  { unitOfWork, clock }: Pick<BotDeps, 'unitOfWork' | 'clock'>,
  userId: string,
): Promise<Turn | undefined> {
  const next = await unitOfWork.run(async (stores) => {
    let turn = await stores.turns.next(userId);
    // Its messages were erased: there is nothing left to answer, and it must not stand in the way.
    while (turn?.messages.length === 0) {
      await stores.turns.finish(turn.id, { failed: 'its messages are gone' });
      turn = await stores.turns.next(userId);
    }
    return turn;
  });
  if (!next) return undefined;
  const waitedMs = clock.now().getTime() - (next.messages.at(-1)?.receivedAt ?? next.createdAt).getTime();
  return { ...next, isLate: waitedMs > lateAfterMs };
}

/** More often than a machine is switched off in the middle of one turn. */
const mostRepeats = 12;

/**
 * A turn under which process after process ends is given up, with a word to the person, before it ends another one.
 * @throws AppError `ends_its_process`
 */
export async function refuseIfDeadly(deps: Pick<BotDeps, 'unitOfWork'>, turn: Turn): Promise<void> {
  const repeats = await deps.unitOfWork.run((stores) => stores.turns.repeated(turn.id));
  if (repeats <= mostRepeats) return;
  throw new AppError('ends_its_process', 'processes end while they work on this turn', { retryable: false });
}
