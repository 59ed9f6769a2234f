import type { Channel } from '#src/ports/channel.ts';
import type { Instruments } from './instruments.ts';
import { timed } from './outcome.ts';

/** The same channel with every call timed. */
export function measureChannel(
  channel: Channel,
  { vendorSeconds }: Pick<Instruments, 'vendorSeconds'>,
): Channel {
  const call = <T>(operation: string, work: () => Promise<T>) =>
    timed(work, (outcome, seconds) =>
      vendorSeconds.observe({ vendor: channel.name, operation, outcome }, seconds),
    );
  const { findSent, erase } = channel;
  return {
    ...channel,
    fetchMedia: (ref, options) => call('fetch_media', () => channel.fetchMedia(ref, options)),
    send: (part, options) => call('send', () => channel.send(part, options)),
    showTyping: (message, options) => call('show_typing', () => channel.showTyping(message, options)),
    ...(findSent && {
      findSent: (part, options) => call('find_sent', () => findSent(part, options)),
    }),
    ...(erase && {
      erase: (what, options) => call('erase', () => erase(what, options)),
    }),
  };
}
