import { byId } from './dom.js';

/** Nearer to the end than this counts as reading along. Pixels. */
const nearPx = 90;

/** Keeps the newest message in view for those who read along, and leaves alone those who read back. */
export function createScroll() {
  const thread = byId('thread');
  const button = byId('to-newest');
  const gap = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight;
  let follows = true;

  const toEnd = () => {
    follows = true;
    thread.scrollTop = thread.scrollHeight;
  };
  thread.addEventListener('scroll', () => {
    follows = gap() < nearPx;
    button.hidden = follows;
    if (follows) button.classList.remove('has-news');
  });
  button.addEventListener('click', toEnd);
  // Photos take their space when they arrive, and the keyboard of a phone takes some away.
  const observer = new ResizeObserver(() => follows && toEnd());
  observer.observe(byId('bubbles'));
  observer.observe(thread);

  return {
    toEnd,
    /** Does something that changes the thread's height. @param {() => void} change */
    keep(change) {
      const before = thread.scrollHeight;
      change();
      if (follows) toEnd();
      else if (thread.scrollHeight > before) button.classList.add('has-news');
    },
  };
}
