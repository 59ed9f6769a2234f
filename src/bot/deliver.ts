import {
  AppError,
  LostLease,
  ProviderRefused,
  ProviderUnavailable,
  StorageUnavailable,
} from '#src/domain/errors.ts';
import type { AtHand, QueuedPart, Turn } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { OutboxStore, PartAtHand, TurnStory } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { lookAtHand } from './receive.ts';

type DeliverDeps = Pick<BotDeps, 'unitOfWork' | 'channels' | 'clock' | 'log' | 'live' | 'metrics'>;

/** With the queue's growing delays this outlasts a few minutes of a provider's outage. */
const attemptsPerPart = 8;

/** How the sending of parts went: reasons by turn of those that were given up. */
interface Delivery {
  readonly turn: Turn | undefined;
  readonly failed: ReadonlyMap<string | undefined, string>;
  readonly startedAt: number;
}

type Change = (outbox: OutboxStore) => Promise<boolean>;

/**
 * Sends what is at hand, part after part, and ends the turn they belong to. Before an uncertain part is repeated it is looked up
 * at the provider. A part that cannot be delivered ends its message with a reason; the next message is not held up by it.
 * @returns what is at hand then
 */
export async function deliver(
  deps: DeliverDeps,
  userId: string,
  { parts, turn }: AtHand,
  run: JobRun,
): Promise<AtHand> {
  const failed = new Map<string | undefined, string>();
  const delivery = { turn, failed, startedAt: deps.clock.now().getTime() };
  let next: AtHand | undefined;
  for (const part of parts) {
    if (part.turnId && failed.has(part.turnId)) continue;
    // Nothing new is begun once the lease is lost or the process is to end.
    run.signal.throwIfAborted();
    const problem = await deliverPart(deps, part, run, async (sent) => {
      // With the last one the turn is over: one commit for both.
      if (part === parts.at(-1)) next = await conclude(deps, userId, delivery, sent);
      else await change(deps, sent);
    });
    if (problem) failed.set(part.turnId, problem);
    deps.live.announce({ kind: 'changed', userId });
  }
  return next ?? (await conclude(deps, userId, delivery));
}

/** @returns the reason when the part can never be delivered; throws when it is worth another try */
async function deliverPart(
  deps: DeliverDeps,
  part: QueuedPart,
  run: JobRun,
  store: (sent: Change) => Promise<void>,
): Promise<string | undefined> {
  const { channels, clock, log, metrics } = deps;
  const channel = channels.get(part.channel);
  if (!channel) return giveUp(deps, part, { atHand: part, reason: 'channel_not_configured' });
  const outbound = { ...part, firstTriedAt: part.firstTriedAt ?? clock.now() };
  let atHand: PartAtHand = part;
  try {
    const isUncertain = part.state === 'sending' && !part.isBegun;
    const found = isUncertain ? await channel.findSent?.(outbound, { signal: run.signal }) : null;
    if (found) log.info({ partId: part.id }, 'an uncertain part had been sent after all');
    else if (!part.isBegun) atHand = await begin(deps, part);
    const { providerId } = found ?? (await channel.send(outbound, { signal: run.signal }));
    await store((outbox) => outbox.sent(atHand, providerId));
    const state = found ? 'looked_up' : isUncertain ? 'repeated' : 'sent';
    metrics.partEnded({ channel: part.channel, state });
    return undefined;
  } catch (error) {
    // Neither says anything about the part: what became of it is found out in the next run, or by whoever has it now.
    if (error instanceof StorageUnavailable || error instanceof LostLease) throw error;
    if (error instanceof ProviderRefused)
      return giveUp(deps, part, { atHand, reason: error.vendorCode ?? error.reason, error });
    // Only what was begun here: an earlier attempt stays uncertain when the look-up is what failed.
    if (error instanceof ProviderUnavailable && !error.uncertain && (part.isBegun || atHand !== part)) {
      await change(deps, (outbox) => outbox.queuedAgain(atHand));
      atHand = { ...atHand, state: 'queued' };
    }
    const wasLast = part.attempts + (part.isBegun ? 0 : 1) >= attemptsPerPart;
    if (wasLast && !run.signal.aborted) {
      const reason = error instanceof AppError ? (error.vendorCode ?? error.code) : 'unexpected_error';
      return giveUp(deps, part, { atHand, reason, error });
    }
    throw error;
  }
}

/** Stores that an attempt begins, so that a crash in the middle of it is noticed. @returns the part as it is then */
async function begin(deps: DeliverDeps, part: QueuedPart): Promise<PartAtHand> {
  await change(deps, (outbox) => outbox.sending(part));
  return { id: part.id, state: 'sending', attempts: part.attempts + 1 };
}

/** @throws LostLease when another process has taken the part on, because this one was silent for too long */
async function change({ unitOfWork }: DeliverDeps, make: Change): Promise<void> {
  await unitOfWork.run((stores) => mustTakeEffect(make(stores.outbox)));
}

async function mustTakeEffect(change: Promise<boolean>): Promise<void> {
  if (!(await change)) throw new LostLease('the part was taken on elsewhere');
}

async function giveUp(
  deps: DeliverDeps,
  part: QueuedPart,
  { atHand, reason, error }: { atHand: PartAtHand; reason: string; error?: unknown },
): Promise<string> {
  await change(deps, (outbox) => outbox.failed(atHand, reason));
  deps.metrics.partEnded({ channel: part.channel, state: 'failed', errorCode: reason });
  deps.log.error(
    { partId: part.id, turnId: part.turnId, channel: part.channel, reason, err: error },
    'a reply could not be delivered',
  );
  return reason;
}

/** Stores the last part's success with the end of its turn, and looks what is at hand then. */
async function conclude(
  deps: DeliverDeps,
  userId: string,
  delivery: Delivery,
  sent?: Change,
): Promise<AtHand> {
  const { turn, failed, startedAt } = delivery;
  const { story, ...atHand } = await deps.unitOfWork.run(async (stores) => {
    if (sent) await mustTakeEffect(sent(stores.outbox));
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
  { log, clock, metrics }: DeliverDeps,
  turn: Turn,
  story: TurnStory,
  { failed }: Delivery,
): void {
  const undelivered = failed.get(turn.id);
  const now = clock.now().getTime();
  const sinceArrivalMs = now - (turn.messages[0]?.receivedAt ?? turn.createdAt).getTime();
  const sinceOpenedMs = now - turn.createdAt.getTime();
  metrics.turnEnded({
    outcome: undelivered ? 'undelivered' : story.problem ? 'apologized' : 'delivered',
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
      outcome: undelivered ?? 'delivered',
    },
    'turn',
  );
}
