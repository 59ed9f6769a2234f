import type { QueuedPart } from '#src/domain/turn.ts';
import type { BotDeps } from './deps.ts';
import { windowMarginMs, windowMs } from './window.ts';

/**
 * Sends a part another way when its channel has stopped and its person can be reached on another one: they wrote there within a day,
 * it is nothing but text, and that fits. What may be out already stays where it is.
 * @returns the part as it goes now; undefined when it goes as planned
 */
export async function reroute(
  deps: Pick<BotDeps, 'unitOfWork' | 'channels' | 'channelHealth' | 'clock' | 'log'>,
  userId: string,
  part: QueuedPart,
): Promise<QueuedPart | undefined> {
  const { unitOfWork, channels, channelHealth, clock, log } = deps;
  if (!channelHealth.isStopped(part.channel) || part.state !== 'queued') return undefined;
  // Templates belong to one channel; the other one may have nothing to tap and carry no files, and words alone would be half of it.
  if (part.template || part.file || part.choices) return undefined;
  const others = [...channels.values()]
    // Nobody looks at the chat page for what was said on WhatsApp.
    .filter(({ name }) => name !== part.channel && name !== 'simulator' && !channelHealth.isStopped(name))
    .filter(({ limits }) => part.text.length <= limits.textUnits)
    .map(({ name }) => name);
  if (others.length === 0) return undefined;
  const since = new Date(clock.now().getTime() - windowMs + windowMarginMs);
  const address = await unitOfWork.run(async (stores) => {
    const found = await stores.outbox.otherAddress(userId, { channels: others, since });
    return found && (await stores.outbox.reroute(part, found)) ? found : undefined;
  });
  if (!address) return undefined;
  log.warn(
    { partId: part.id, from: part.channel, to: address.channel },
    'a channel has stopped; a message goes out on the other one',
  );
  return { ...part, ...address, quotes: undefined, notBefore: undefined };
}
