import { AppError, OptedOut } from '#src/domain/errors.ts';
import type { Turn } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';

/** A run of the job while it works on one turn. */
export interface TurnRun extends JobRun {
  /** Ends with the job's run, and once the person has sent STOP: then nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** Ends with the job's run alone: what was paid for is stored, whoever wants it. */
  readonly wholeRun: AbortSignal;
}

/** Work that ends with a STOP of its person. */
interface Heeded extends Disposable {
  readonly run: TurnRun;
  /** Whether it was cut short by STOP; its turn is over then. */
  isStopped(): boolean;
}

/**
 * Cuts the work on a turn short when its person sends STOP, whichever process accepts it: until that work is over nothing is sent in
 * their lane, and so no confirmation. Asks the database only when a STOP is announced, once for any number of them; one whose
 * announcement gets lost takes effect when the answer is to be stored.
 */
export function heedStop(
  { live, unitOfWork, log }: Pick<BotDeps, 'live' | 'unitOfWork' | 'log'>,
  turn: Turn,
  run: JobRun,
): Heeded {
  const stopped = new AbortController();
  let isLooking = false;
  let isAnnouncedAgain = false;
  let isOver = false;

  async function look(): Promise<void> {
    if (isOver || stopped.signal.aborted) return;
    isAnnouncedAgain = isLooking;
    if (isLooking) return;
    isLooking = true;
    try {
      // It may have been a STOP before this turn, and a START may have followed it: the turn itself tells.
      const next = await unitOfWork.run((stores) => stores.turns.next(turn.userId), 'committed');
      if (next?.id !== turn.id && !isOver) cutShort();
    } catch (error) {
      const reason = error instanceof AppError ? error.code : 'unexpected error';
      log.debug({ turnId: turn.id, reason }, 'it is not known whether the person has stopped');
    }
    isLooking = false;
    if (isAnnouncedAgain) await look();
  }

  function cutShort(): void {
    log.info({ turnId: turn.id }, 'the person wants no messages: the work on their turn is cut short');
    stopped.abort(new OptedOut());
  }

  const unsubscribe = live.subscribe((event) => {
    if (event.kind === 'stopped' && event.userId === turn.userId) void look();
  });
  return {
    run: { ...run, signal: AbortSignal.any([run.signal, stopped.signal]), wholeRun: run.signal },
    isStopped: () => stopped.signal.aborted,
    [Symbol.dispose]() {
      isOver = true;
      unsubscribe();
    },
  };
}
