import { byId } from './dom.js';

/** How long dots stay after the channel asked for them, as on WhatsApp. Milliseconds. */
const dotsMs = 25_000;

/**
 * The dots, and the line below the bot's name.
 * @param {{ onChange: () => void }} deps
 */
export function createTyping(deps) {
  const dots = byId('typing');
  const presence = byId('presence');
  let isUp = false;
  let timer;

  const show = (isTyping) => {
    clearTimeout(timer);
    if (isTyping) timer = setTimeout(() => show(false), dotsMs);
    if (dots.hidden === isTyping) {
      dots.hidden = !isTyping;
      byId('typing-words').textContent = isTyping ? 'The assistant is typing' : '';
      deps.onChange();
    }
    presence.textContent = !isUp ? 'connecting…' : isTyping ? 'typing…' : 'online';
    presence.classList.toggle('is-live', isUp);
  };

  return {
    onTyping: () => show(true),
    /** @param {boolean} up */
    onLine(up) {
      isUp = up;
      show(!dots.hidden);
    },
    /** @param {import('./api.js').ChatThread} thread */
    onThread(thread) {
      // An answer, or nothing being worked on, ends the dots; a page opened in the middle of the work shows them.
      if (thread.isWorking) show(thread.bubbles.at(-1)?.side === 'person' || !dots.hidden);
      else if (thread.bubbles.at(-1)?.side !== 'person' || thread.bubbles.at(-1)?.tick !== 'stored')
        show(false);
    },
  };
}
