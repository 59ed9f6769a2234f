import { type BroadcastContent, failsTooMuch, watchedOutcomes } from '#src/domain/broadcast.ts';
import { LostLease, StorageUnavailable } from '#src/domain/errors.ts';
import type { HandOut, WaitingRecipient } from '#src/ports/broadcasts.ts';
import type { JobRun, JobRunner } from '#src/ports/jobs.ts';
import type { Stores } from '#src/ports/stores.ts';
import type { BotDeps } from './deps.ts';
import { duplicate } from './plan-broadcast.ts';
import { type MessageOrder, type PlaceDeps, placeMessage } from './send-message.ts';

type SendDeps = PlaceDeps &
  Pick<BotDeps, 'unitOfWork' | 'live' | 'log' | 'pause'> & {
    readonly jobs: Pick<JobRunner, 'poke'>;
    readonly perSecond: number;
  };

/** Messages are handed out in steps of so many milliseconds. */
const stepMs = 200;
/** One transaction hands out so many: other people's must get through between two. */
const handedAtOnce = 25;
/** After so many milliseconds the broadcast that waited longest goes on. */
const turnMs = 5_000;
/** Seconds of the pace that may wait in people's lanes: what was not handed out costs nothing to stop. */
const lanesHoldSeconds = 10;

/** What came of one step; `over` leaves nothing to do for now. */
type Step =
  | { readonly kind: 'handed'; readonly userIds: readonly string[] }
  | { readonly kind: 'over' }
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped'; readonly words: string; readonly userIds: readonly string[] };

/**
 * The job: hands out a broadcast at its pace. A recipient is taken and their message stored in one transaction, so that each gets
 * exactly one, whenever the process ends; the message itself goes out in its person's lane, in order with everything else.
 */
export function createSendBroadcast(
  deps: SendDeps,
): (payload: { broadcastId: string }, run: JobRun) => Promise<void> {
  const { unitOfWork, clock, log, jobs, live, pause, perSecond } = deps;
  const waitMs = Math.max(stepMs, 1_000 / perSecond);

  async function send(broadcastId: string, { signal }: JobRun): Promise<void> {
    const endsAt = performance.now() + turnMs;
    for (let allowed = 0; performance.now() < endsAt; ) {
      await pause(waitMs, signal);
      for (allowed += (perSecond * waitMs) / 1_000; allowed >= 1; ) {
        signal.throwIfAborted();
        const limit = Math.min(Math.floor(allowed), handedAtOnce);
        const step = await unitOfWork.run((stores) => handOut(stores, deps, { broadcastId, limit }));
        if (step.kind === 'done') log.info({ broadcastId }, 'a broadcast was handed out whole');
        if (step.kind === 'stopped')
          log.error({ broadcastId, reason: step.words }, 'a broadcast stopped by itself');
        for (const userId of 'userIds' in step ? step.userIds : [])
          live.announce({ kind: 'changed', userId });
        if (step.kind !== 'handed') return;
        allowed -= limit;
        if (step.userIds.length > 0) jobs.poke(clock.now());
      }
    }
    await unitOfWork.run((stores) => stores.jobs.broadcast(broadcastId, clock.now()));
    jobs.poke(clock.now());
  }

  return async ({ broadcastId }, run) => {
    try {
      await send(broadcastId, run);
    } catch (error) {
      const passes = error instanceof StorageUnavailable || error instanceof LostLease;
      if (!run.lastAttempt || run.signal.aborted || passes) throw error;
      log.error({ broadcastId, err: error }, 'a broadcast stopped by itself');
      const reason = 'an unexpected error; the log has it';
      await unitOfWork.run(async ({ broadcasts }) => {
        const broadcast = await broadcasts.take(broadcastId);
        if (broadcast?.state !== 'running') return;
        await broadcasts.callBack(broadcastId);
        await broadcasts.change(broadcastId, { state: 'stopped', reason });
      });
    }
  };
}

async function handOut(
  stores: Stores,
  deps: SendDeps,
  { broadcastId, limit }: { broadcastId: string; limit: number },
): Promise<Step> {
  const { broadcasts } = stores;
  const broadcast = await broadcasts.take(broadcastId);
  if (broadcast?.state !== 'running') return { kind: 'over' };
  const latest = await broadcasts.latestOutcomes(broadcastId, watchedOutcomes);
  if (failsTooMuch(latest)) {
    const words = `${latest.failed} of the last ${latest.finished} messages failed`;
    const userIds = await broadcasts.callBack(broadcastId);
    await broadcasts.change(broadcastId, { state: 'stopped', reason: words });
    return { kind: 'stopped', words, userIds };
  }
  const room = Math.max(50, deps.perSecond * lanesHoldSeconds) - (await broadcasts.countPending(broadcastId));
  if (room <= 0) return { kind: 'handed', userIds: [] };
  const recipients = await broadcasts.waiting(broadcastId, Math.min(limit, room));
  if (recipients.length === 0) {
    await broadcasts.change(broadcastId, { state: 'done' });
    return { kind: 'done' };
  }
  const userIds: string[] = [];
  for (const recipient of recipients) {
    const outcome = await handOutTo(stores, deps, { broadcastId, content: broadcast.content, recipient });
    if (!(await broadcasts.handOut(recipient.id, outcome)))
      throw new LostLease('another process hands out this broadcast');
    if ('userId' in outcome) userIds.push(outcome.userId);
  }
  if (userIds.length > 0) await stores.jobs.wake(userIds, deps.clock.now(), 0);
  return { kind: 'handed', userIds };
}

async function handOutTo(
  stores: Stores,
  deps: PlaceDeps,
  about: { broadcastId: string; content: BroadcastContent; recipient: WaitingRecipient },
): Promise<HandOut> {
  const { broadcastId, content, recipient } = about;
  const { text, template, channel } = content;
  const to = addressOf(recipient);
  const known = await stores.outreach.find('userId' in to ? to : { identity: identityOf(to) });
  // Two of the list may have turned out to be one since.
  if (known && (await stores.broadcasts.hasGot(broadcastId, known.userId))) return { skipped: duplicate };
  const place = (said: MessageOrder['content']) => placeMessage(stores, deps, { to, channel, content: said });
  let placed = text === undefined ? undefined : await place({ text, hold: false });
  if (template && (!placed || ('refused' in placed && placed.refused === 'outside_window')))
    placed = await place({
      template: { name: template.name, language: template.language, values: recipient.values },
    });
  if (!placed) throw new TypeError('a broadcast without content');
  return 'refused' in placed ? { skipped: { code: placed.refused, words: placed.words } } : placed;
}

function addressOf({ userId, kind, given }: WaitingRecipient): MessageOrder['to'] {
  if (userId !== undefined) return { userId };
  return kind === 'phone' ? { phone: given } : { bsuid: given };
}

function identityOf(to: { phone: string } | { bsuid: string }) {
  return 'phone' in to
    ? ({ kind: 'phone', scope: '', value: to.phone } as const)
    : ({ kind: 'bsuid', scope: '', value: to.bsuid } as const);
}
