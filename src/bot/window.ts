import type { ChannelName } from '#src/domain/identity.ts';
import type { QueuedPart, StoredMessage, Turn } from '#src/domain/turn.ts';
import type { BotDeps } from './deps.ts';

/** Free words reach a person on a channel for so long after they wrote there; afterwards only templates do. Milliseconds. */
export const windowMs = 24 * 60 * 60 * 1000;
/** So much of it must be left when a part goes out: providers count by their own clocks. Milliseconds. */
export const windowMarginMs = 5 * 60_000;

/** Whether a person who last wrote then can still be answered. */
export function isWithinWindow(wroteAt: Date | number, now: Date): boolean {
  return now.getTime() - Number(wroteAt) < windowMs - windowMarginMs;
}

/** When a message was written, by the provider's clock where it is known. */
export function writtenAt(message: Pick<StoredMessage, 'sentAtMs' | 'receivedAt'>): number {
  return message.sentAtMs ?? message.receivedAt.getTime();
}

/** Whether WhatsApp carries free words on a channel only for a while after its person wrote. */
export function hasWindow(channel: ChannelName): boolean {
  // Test people read whatever is on the chat page.
  return channel !== 'simulator';
}

/** Whether parts get through, as long as somebody is being answered. */
export interface WindowCheck {
  getsThrough(part: QueuedPart): Promise<boolean>;
  /** The provider says that it is closed, or something is held already. */
  closed(channel: ChannelName): void;
}

/**
 * Tells of each part whether it gets through to the person now. What belongs to a turn of these hours costs no query: its own
 * messages tell. Anything else is asked of the store, once for each channel.
 */
export function createWindowCheck(
  { unitOfWork, clock }: Pick<BotDeps, 'unitOfWork' | 'clock'>,
  userId: string,
  turn: Turn | undefined,
): WindowCheck {
  const closed = new Set<ChannelName>();
  const asked = new Map<ChannelName, Date | undefined>();
  async function getsThrough({ channel, template }: QueuedPart): Promise<boolean> {
    if (template || !hasWindow(channel)) return true;
    if (closed.has(channel)) return false;
    const isOpenSince = (time: Date | number) => isWithinWindow(time, clock.now());
    const wroteInTurn = turn?.messages.some(
      (message) => message.channel === channel && isOpenSince(writtenAt(message)),
    );
    if (wroteInTurn) return true;
    const wroteAt = asked.has(channel)
      ? asked.get(channel)
      : await unitOfWork.run((stores) => stores.window.lastWrote(userId, channel));
    asked.set(channel, wroteAt);
    return wroteAt !== undefined && isOpenSince(wroteAt);
  }

  return { getsThrough, closed: (channel) => void closed.add(channel) };
}
