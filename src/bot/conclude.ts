import { LostLease } from '#src/domain/errors.ts';
import type { AtHand, Turn } from '#src/domain/turn.ts';
import type { Stores, TurnStory } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { lookAtHand } from './receive.ts';

type ConcludeDeps = Pick<BotDeps, 'unitOfWork' | 'clock' | 'log' | 'metrics'>;

/** A change of a part; false when it is no longer as it was seen. */
export type Change = (stores: Stores) => Promise<boolean>;

/** How the sending of parts went: reasons by turn of those that were given up. */
export interface Delivery {
  readonly turn: Turn | undefined;
  readonly failed: ReadonlyMap<string | undefined, string>;
  /** Turns of which something waits for the person to write. */
  readonly held: ReadonlySet<string | undefined>;
  readonly startedAt: number;
}

/** @throws LostLease when another process has taken the part on, because this one was silent for too long */
export async function change({ unitOfWork }: Pick<ConcludeDeps, 'unitOfWork'>, make: Change): Promise<void> {
  await unitOfWork.run((stores) => mustTakeEffect(make(stores)));
}

async function mustTakeEffect(change: Promise<boolean>): Promise<void> {
  if (!(await change)) throw new LostLease('the part was taken on elsewhere');
}

/** Stores the last part's success with the end of its turn, and looks what is at hand then. */
export async function conclude(
  deps: ConcludeDeps,
  userId: string,
  delivery: Delivery,
  sent?: Change,
): Promise<AtHand> {
  const { turn, failed, startedAt } = delivery;
  const { story, ...atHand } = await deps.unitOfWork.run(async (stores) => {
    if (sent) await mustTakeEffect(sent(stores));
    const ms = deps.clock.now().getTime() - startedAt;
    const isOver = turn?.state === 'answered';
    const ended = isOver
      ? await stores.turns.finish(turn.id, { failed: failed.get(turn.id), ms })
      : undefined;
    return { story: ended, ...(await lookAtHand(stores, userId)) };
  });
  if (turn && story) tell(deps, turn, story, delivery);
  return atHand;
}

/** One log line a turn tells its whole story. */
function tell(
  { log, clock, metrics }: ConcludeDeps,
  turn: Turn,
  story: TurnStory,
  { failed, held }: Delivery,
): void {
  const undelivered = failed.get(turn.id);
  const isHeld = held.has(turn.id);
  const now = clock.now().getTime();
  const sinceArrivalMs = now - (turn.messages[0]?.receivedAt ?? turn.createdAt).getTime();
  const sinceOpenedMs = now - turn.createdAt.getTime();
  metrics.turnEnded({
    outcome: undelivered ? 'undelivered' : isHeld ? 'held' : story.problem ? 'apologized' : 'delivered',
    sinceArrivalMs,
    sinceOpenedMs,
    stepMs: story.stepMs,
  });
  log.info(
    {
      turnId: turn.id,
      channel: turn.messages[0]?.channel,
      kinds: turn.messages.map((message) => message.type),
      files: turn.messages.flatMap((message) => message.attachments).length,
      ...story,
      sinceArrivalMs,
      totalMs: sinceOpenedMs,
      outcome: undelivered ?? (isHeld ? 'held' : 'delivered'),
    },
    'turn',
  );
}
