import { AppError, ProviderRefused } from '#src/domain/errors.ts';
import type { Turn } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';
import { wording } from './wording.ts';

/** Whether a failure ends the turn now, because repeating it would not help or was tried often enough. */
export function isFinal(error: unknown, run: JobRun): boolean {
  if (run.signal.aborted) return false;
  return run.lastAttempt || (error instanceof AppError && !error.retryable);
}

/** Ends a turn that cannot be answered: one honest sentence for the person, the reason for the owner. */
export async function apologize(
  { unitOfWork, log }: Pick<BotDeps, 'unitOfWork' | 'log'>,
  turn: Turn,
  error: unknown,
): Promise<void> {
  const reason =
    error instanceof AppError ? [error.code, error.vendorCode].filter(Boolean).join(' ') : 'unexpected error';
  log.error({ err: error, turnId: turn.id, reason }, 'a turn could not be answered');
  const text = sentenceFor(error);
  await unitOfWork.run((stores) => stores.turns.answer(turn, { text, parts: [text], problem: reason }));
}

function sentenceFor(error: unknown): string {
  if (error instanceof ProviderRefused)
    return error.reason === 'content' ? wording.contentRefused : wording.notWorking;
  if (error instanceof AppError && error.retryable) return wording.busy;
  return wording.unexpected;
}
