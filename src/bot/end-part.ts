import type { OptedOut, ProviderRefused } from '#src/domain/errors.ts';
import type { ChannelName } from '#src/domain/identity.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import type { Channel } from '#src/ports/channel.ts';
import type { PartAtHand } from '#src/ports/outbox.ts';
import { change } from './conclude.ts';
import type { BotDeps } from './deps.ts';
import { failureWords } from './failure-words.ts';
import { noteProviderOptOut, optOutOf } from './provider-opt-out.ts';
import { isNudgeRefused, nudgeAlert } from './refused-nudge.ts';

type EndDeps = Pick<BotDeps, 'unitOfWork' | 'channels' | 'channelHealth' | 'log' | 'metrics'>;

/** A part that does not go out any more, with the reason's code. */
export interface GivenUp {
  readonly failed: string;
}

const ownersBusiness: ReadonlySet<string> = new Set(['credentials', 'configuration', 'account']);

/** Why nothing goes out on a channel any more, in plain words; undefined when the refusal is about this message alone. */
export function stopsChannel(channel: Channel, refusal: ProviderRefused): string | undefined {
  const meaning = refusal.vendorCode === undefined ? undefined : channel.explain?.(refusal.vendorCode);
  if (meaning) return meaning.kind === 'stops' ? meaning.words : undefined;
  return ownersBusiness.has(refusal.reason)
    ? 'the provider does not accept what we are configured with'
    : undefined;
}

/** The person sent STOP meanwhile: nothing more goes out. Their wish may have ended the part already. */
export async function drop(deps: EndDeps, part: QueuedPart, { code }: OptedOut): Promise<GivenUp> {
  const words = 'the person wants no messages';
  await deps.unitOfWork.run((stores) => stores.outbox.failed(part, code, words));
  deps.metrics.partEnded({ channel: part.channel, state: 'failed', errorCode: code });
  deps.log.info({ partId: part.id, turnId: part.turnId, channel: part.channel }, words);
  return { failed: code };
}

/** A refusal may tell that the person has opted out at the provider. */
export async function noteRefusal(
  { unitOfWork }: EndDeps,
  refusal: { userId: string; channel: ChannelName; code: string },
): Promise<void> {
  if (optOutOf(refusal.channel, refusal.code))
    await unitOfWork.run((stores) => noteProviderOptOut(stores, refusal));
}

/** Ends a part that cannot be delivered, and with it the rest of its message. */
export async function giveUp(
  deps: EndDeps,
  part: QueuedPart,
  { atHand, reason, error }: { atHand: PartAtHand; reason: string; error?: unknown },
): Promise<GivenUp> {
  const channel = deps.channels.get(part.channel);
  const words = failureWords(channel, reason, error);
  const meaning = channel?.explain?.(reason);
  if (meaning?.concernsOwner) deps.channelHealth.alert(part.channel, { code: reason, words: meaning.words });
  const isRefused = isNudgeRefused(part, meaning);
  if (isRefused) deps.channelHealth.alert(part.channel, nudgeAlert(meaning));
  await change(deps, async ({ outbox, window }) => {
    if (isRefused) await window.untold(part.id);
    return outbox.failed(atHand, reason, words);
  });
  deps.metrics.partEnded({ channel: part.channel, state: 'failed', errorCode: reason });
  deps.log.error(
    { partId: part.id, turnId: part.turnId, channel: part.channel, reason, err: error },
    'a reply could not be delivered',
  );
  return { failed: reason };
}
