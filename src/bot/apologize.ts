import { AppError, LostLease, ProviderRefused, StorageUnavailable } from '#src/domain/errors.ts';
import type { AtHand, Turn } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';
import { wording } from './wording.ts';

/** Nobody waits longer than this for a word, however often the queue could still try. */
const longestTurnMs = 3 * 60_000;
/** A vendor that asks for more than this is as good as down. */
const longestAskedMs = 60_000;

/** Whether a failure ends the turn now, because repeating it would not help, takes too long or was tried often enough. */
export function isFinal(error: unknown, run: JobRun, turn: Turn, now: Date): boolean {
  if (run.signal.aborted) return false;
  // Trouble with our own storage says nothing about the turn, and an apology could not be stored either. A lost lease means that
  // another process is at it.
  if (error instanceof StorageUnavailable || error instanceof LostLease) return false;
  if (run.lastAttempt) return true;
  // The first attempt after a long downtime meets an old turn and deserves a second one.
  if (run.attempt > 1 && now.getTime() - turn.createdAt.getTime() > longestTurnMs) return true;
  return error instanceof AppError && (!error.retryable || (error.retryAfterMs ?? 0) > longestAskedMs);
}

/** Ends a turn that cannot be answered: one honest sentence for the person, the reason for the owner. */
export async function apologize(
  { unitOfWork, log }: Pick<BotDeps, 'unitOfWork' | 'log'>,
  turn: Turn,
  error: unknown,
): Promise<AtHand> {
  const reason =
    error instanceof AppError ? [error.code, error.vendorCode].filter(Boolean).join(' ') : 'unexpected error';
  log.error({ err: error, turnId: turn.id, reason }, 'a turn could not be answered');
  const text = sentenceFor(error);
  const answer = { text, parts: [text], problem: reason };
  return unitOfWork.run((stores) => stores.turns.answer(turn, answer));
}

function sentenceFor(error: unknown): string {
  if (error instanceof ProviderRefused)
    return error.reason === 'content' ? wording.contentRefused : wording.notWorking;
  if (error instanceof AppError && error.retryable) return wording.busy;
  return wording.unexpected;
}
