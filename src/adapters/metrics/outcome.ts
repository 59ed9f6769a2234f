import { AppError, MediaUnusable, ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';

/**
 * A failure as a label with few values: `unavailable`, `uncertain`, why a vendor refused (`quota`, `credentials` …), `unusable` for
 * what is wrong with a file, `stopped` for our own shutdown, `error` for faults of ours.
 */
export function outcomeOf(error: unknown): string {
  if (error instanceof ProviderUnavailable) return error.uncertain ? 'uncertain' : 'unavailable';
  if (error instanceof ProviderRefused) return error.reason;
  if (error instanceof MediaUnusable) return 'unusable';
  const isStop = error instanceof Error && error.name === 'AbortError';
  return isStop || (error instanceof AppError && error.code === 'stopping') ? 'stopped' : 'error';
}

/** Runs work and tells how long it took, in seconds, and how it ended. */
export async function timed<T>(
  work: () => Promise<T>,
  tell: (outcome: string, seconds: number) => void,
): Promise<T> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  try {
    const result = await work();
    tell('ok', seconds());
    return result;
  } catch (error) {
    tell(outcomeOf(error), seconds());
    throw error;
  }
}
