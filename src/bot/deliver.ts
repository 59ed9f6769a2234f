import { AppError, ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import type { JobRun } from '#src/ports/jobs.ts';
import type { BotDeps } from './deps.ts';

type DeliverDeps = Pick<BotDeps, 'unitOfWork' | 'channels' | 'clock' | 'log' | 'live'>;

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
    const problem = await deliverPart(deps, part, run);
    if (problem) failed.set(part.turnId, problem);
    deps.live.announce({ kind: 'changed', userId });
  }
  await finishTurns(deps, userId, { failed, ms: deps.clock.now().getTime() - started });
}

/** @returns the reason when the part can never be delivered; throws when it is worth another try */
async function deliverPart(deps: DeliverDeps, part: QueuedPart, run: JobRun): Promise<string | undefined> {
  const { unitOfWork, channels, clock, log } = deps;
  const channel = channels.get(part.channel);
  if (!channel) return giveUp(deps, part, 'channel_not_configured');
  const outbound = { ...part, firstTriedAt: part.firstTriedAt ?? clock.now() };
  try {
    const found = part.state === 'sending' ? await channel.findSent(outbound, { signal: run.signal }) : null;
    if (found) log.info({ partId: part.id }, 'an uncertain part had been sent after all');
    else await unitOfWork.run((stores) => stores.outbox.sending(part.id));
    const { providerId } = found ?? (await channel.send(outbound, { signal: run.signal }));
    await unitOfWork.run((stores) => stores.outbox.sent(part.id, providerId));
    return undefined;
  } catch (error) {
    if (error instanceof ProviderRefused) return giveUp(deps, part, error.vendorCode ?? error.reason, error);
    if (error instanceof ProviderUnavailable && !error.uncertain) {
      await unitOfWork.run((stores) => stores.outbox.queuedAgain(part.id));
    }
    const wasLast = part.attempts + 1 >= attemptsPerPart;
    if (wasLast && !run.signal.aborted) {
      const reason = error instanceof AppError ? (error.vendorCode ?? error.code) : 'unexpected_error';
      return giveUp(deps, part, reason, error);
    }
    throw error;
  }
}

async function giveUp(
  { unitOfWork, log }: DeliverDeps,
  part: QueuedPart,
  reason: string,
  error?: unknown,
): Promise<string> {
  log.error(
    { partId: part.id, turnId: part.turnId, channel: part.channel, reason, err: error },
    'a reply could not be delivered',
  );
  await unitOfWork.run((stores) => stores.outbox.failed(part.id, reason));
  return reason;
}

/** One log line a turn tells its whole story. */
async function finishTurns(
  { unitOfWork, log, clock }: DeliverDeps,
  userId: string,
  delivery: { failed: ReadonlyMap<string | undefined, string>; ms: number },
): Promise<void> {
  const finished = await unitOfWork.run(async (stores) => {
    const turn = await stores.turns.next(userId);
    if (turn?.state !== 'answered') return undefined;
    await stores.turns.addStep(turn.id, { step: 'deliver', ms: delivery.ms });
    await stores.turns.finish(turn.id, { failed: delivery.failed.get(turn.id) });
    return { turn, story: await stores.turns.story(turn.id) };
  });
  if (!finished) return;
  const { turn, story } = finished;
  log.info(
    {
      turnId: turn.id,
      channel: turn.messages[0]?.channel,
      kinds: turn.messages.map((message) => message.type),
      files: turn.messages.flatMap((message) => message.attachments).length,
      ...story,
      totalMs: clock.now().getTime() - turn.createdAt.getTime(),
      outcome: delivery.failed.get(turn.id) ?? 'delivered',
    },
    'turn',
  );
}
