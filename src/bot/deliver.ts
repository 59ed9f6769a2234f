import {
  AppError,
  LostLease,
  ProviderRefused,
  ProviderUnavailable,
  StorageUnavailable,
} from '#src/domain/errors.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { OutboxStore, PartAtHand } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';

type DeliverDeps = Pick<BotDeps, 'unitOfWork' | 'channels' | 'clock' | 'log' | 'live' | 'metrics'>;

/** With the queue's growing delays this outlasts a few minutes of a provider's outage. */
const attemptsPerPart = 8;

/**
 * Sends everything that waits for this person, part after part. Before an uncertain part is repeated it is looked up at the
 * provider. A part that cannot be delivered ends its message with a reason; the next message is not held up by it.
 */
export async function deliver(deps: DeliverDeps, userId: string, run: JobRun): Promise<void> {
  const started = deps.clock.now().getTime();
  const parts = await deps.unitOfWork.run((stores) => stores.outbox.pending(userId));
  const failed = new Map<string | undefined, string>();
  for (const part of parts) {
    if (part.turnId && failed.has(part.turnId)) continue;
    // Nothing new is begun once the lease is lost or the process is to end.
    run.signal.throwIfAborted();
    const problem = await deliverPart(deps, part, run);
    if (problem) failed.set(part.turnId, problem);
    deps.live.announce({ kind: 'changed', userId });
  }
  await finishTurns(deps, userId, { failed, ms: deps.clock.now().getTime() - started });
}

/** @returns the reason when the part can never be delivered; throws when it is worth another try */
async function deliverPart(deps: DeliverDeps, part: QueuedPart, run: JobRun): Promise<string | undefined> {
  const { channels, clock, log, metrics } = deps;
  const channel = channels.get(part.channel);
  if (!channel) return giveUp(deps, part, { atHand: part, reason: 'channel_not_configured' });
  const outbound = { ...part, firstTriedAt: part.firstTriedAt ?? clock.now() };
  let atHand: PartAtHand = part;
  try {
    const found = part.state === 'sending' ? await channel.findSent(outbound, { signal: run.signal }) : null;
    if (found) log.info({ partId: part.id }, 'an uncertain part had been sent after all');
    else atHand = await begin(deps, part);
    const { providerId } = found ?? (await channel.send(outbound, { signal: run.signal }));
    await change(deps, (outbox) => outbox.sent(atHand, providerId));
    const state = found ? 'looked_up' : part.state === 'sending' ? 'repeated' : 'sent';
    metrics.partEnded({ channel: part.channel, state });
    return undefined;
  } catch (error) {
    // Neither says anything about the part: what became of it is found out in the next run, or by whoever has it now.
    if (error instanceof StorageUnavailable || error instanceof LostLease) throw error;
    if (error instanceof ProviderRefused)
      return giveUp(deps, part, { atHand, reason: error.vendorCode ?? error.reason, error });
    // Only what was begun here: an earlier attempt stays uncertain when the look-up is what failed.
    if (error instanceof ProviderUnavailable && !error.uncertain && atHand !== part) {
      await change(deps, (outbox) => outbox.queuedAgain(atHand));
      atHand = { ...atHand, state: 'queued' };
    }
    const wasLast = part.attempts + 1 >= attemptsPerPart;
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
async function change(
  { unitOfWork }: DeliverDeps,
  make: (outbox: OutboxStore) => Promise<boolean>,
): Promise<void> {
  const tookEffect = await unitOfWork.run((stores) => make(stores.outbox));
  if (!tookEffect) throw new LostLease('the part was taken on elsewhere');
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

/** One log line a turn tells its whole story. */
async function finishTurns(
  { unitOfWork, log, clock, metrics }: DeliverDeps,
  userId: string,
  delivery: { failed: ReadonlyMap<string | undefined, string>; ms: number },
): Promise<void> {
  const finished = await unitOfWork.run(async (stores) => {
    const turn = await stores.turns.next(userId);
    if (turn?.state !== 'answered') return undefined;
    if (!(await stores.turns.finish(turn.id, { failed: delivery.failed.get(turn.id) }))) return undefined;
    await stores.turns.addStep(turn.id, { step: 'deliver', ms: delivery.ms });
    return { turn, story: await stores.turns.story(turn.id) };
  });
  if (!finished) return;
  const { turn, story } = finished;
  const undelivered = delivery.failed.get(turn.id);
  const now = clock.now().getTime();
  const sinceOpenedMs = now - turn.createdAt.getTime();
  metrics.turnEnded({
    outcome: undelivered ? 'undelivered' : story.problem ? 'apologized' : 'delivered',
    sinceArrivalMs: now - (turn.messages[0]?.receivedAt ?? turn.createdAt).getTime(),
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
      totalMs: sinceOpenedMs,
      outcome: undelivered ?? 'delivered',
    },
    'turn',
  );
}
