import { unitsBelow } from '#src/domain/numbered-choices.ts';
import type { QueuedPart } from '#src/domain/turn.ts';
import type { BotDeps } from './deps.ts';
import { splitText, usualTextUnits } from './format/split-text.ts';
import { windowMarginMs, windowMs } from './window.ts';

/**
 * What became of a part whose channel has stopped: it goes another way, whole or `in_pieces` that wait in its place now; or it must
 * wait for its own channel, while what comes after it can go another way: it is `passed_by`.
 */
export type Rerouted = QueuedPart | 'in_pieces' | 'passed_by';

/**
 * Sends a part another way when its channel has stopped and its person can be reached on another one: they wrote there within a day.
 * What may be out already stays where it is, and so do files and templates: a template belongs to one channel, and the words beside a
 * file alone would be half of it. Both are the last part of their message, so that nothing is torn apart when later ones go before.
 * @returns undefined when it goes as planned, and nothing before it
 */
export async function reroute(
  deps: Pick<BotDeps, 'unitOfWork' | 'channels' | 'channelHealth' | 'clock' | 'log'>,
  userId: string,
  part: QueuedPart,
): Promise<Rerouted | undefined> {
  const { unitOfWork, channels, channelHealth, clock, log } = deps;
  if (!channelHealth.isStopped(part.channel) || part.state !== 'queued') return undefined;
  const others = [...channels.values()]
    // Nobody looks at the chat page for what was said on WhatsApp.
    .filter(({ name }) => name !== part.channel && name !== 'simulator' && !channelHealth.isStopped(name))
    .map(({ name }) => name);
  if (others.length === 0) return undefined;
  const since = new Date(clock.now().getTime() - windowMs + windowMarginMs);
  const stays = part.template !== undefined || part.file !== undefined;
  const way = await unitOfWork.run(async ({ outbox }) => {
    const address = await outbox.otherAddress(userId, { channels: others, since });
    if (!address || stays) return address && { address, texts: [] };
    const units =
      (channels.get(address.channel)?.limits.textUnits ?? usualTextUnits) - unitsBelow(part.choices);
    const texts = splitText(part.text, units);
    return (await outbox.reroute(part, address, texts)) ? { address, texts } : undefined;
  });
  if (!way) return undefined;
  if (stays) return 'passed_by';
  const { address, texts } = way;
  log.warn(
    { partId: part.id, from: part.channel, to: address.channel, pieces: texts.length },
    'a channel has stopped; a message goes out on the other one',
  );
  if (texts.length > 1) return 'in_pieces';
  return { ...part, ...address, text: texts[0] ?? part.text, quotes: undefined, notBefore: undefined };
}
