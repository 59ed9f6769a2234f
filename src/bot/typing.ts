import type { Turn } from '#src/domain/turn.ts';
import type { BotDeps } from './deps.ts';

/** WhatsApp hides the dots after 25 s (https://www.twilio.com/docs/whatsapp/api/typing-indicators-resource). */
const repeatEveryMs = 20_000;

/** Shows typing dots now and every 20 s until disposed. Dots are a courtesy: their failure never fails a turn. */
export function keepTyping(
  { channels, log }: Pick<BotDeps, 'channels' | 'log'>,
  turn: Turn,
  signal: AbortSignal,
): AsyncDisposable {
  const last = turn.messages.at(-1);
  const channel = last && channels.get(last.channel);
  if (!last || !channel) return { [Symbol.asyncDispose]: async () => {} };
  const done = new AbortController();
  const both = AbortSignal.any([signal, done.signal]);
  const show = () => {
    // The work may take a moment to end.
    if (both.aborted) return;
    channel
      .showTyping({ providerId: last.providerId, to: last.replyAddress }, { signal: both })
      .catch((error: unknown) => {
        if (!both.aborted) log.debug({ err: error, turnId: turn.id }, 'typing dots could not be shown');
      });
  };
  show();
  const timer = setInterval(show, repeatEveryMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      done.abort();
    },
  };
}
