import { icon, make } from './dom.js';

/**
 * How each state is drawn and said. A person's message: one tick once it is stored, two once it is taken up, colored once answered.
 * What the bot says: one once the provider has it, two once it is on the phone, colored once read or played.
 * @type {Record<string, { drawing: string, kind?: string, words: string }>}
 */
const looks = {
  sending: { drawing: 'clock', words: 'Being sent' },
  unsent: { drawing: 'clock', kind: 'is-failed', words: 'Not sent' },
  stored: { drawing: 'tick', words: 'Sent' },
  seen: { drawing: 'ticks', words: 'Delivered' },
  answered: { drawing: 'ticks', kind: 'is-read', words: 'Read and answered' },
  queued: { drawing: 'clock', words: 'Queued' },
  held: { drawing: 'clock', words: 'Waits until the person writes, or until its broadcast goes on' },
  sent: { drawing: 'tick', words: 'Sent' },
  delivered: { drawing: 'ticks', words: 'Delivered' },
  read: { drawing: 'ticks', kind: 'is-read', words: 'Read' },
  played: { drawing: 'ticks', kind: 'is-read', words: 'Played' },
  failed: { drawing: 'mark', kind: 'is-failed', words: 'Failed' },
};

/**
 * The ticks of a state, which screen readers say.
 * @param {string} state
 * @param {string} [shownWords] when the state is written beside them anyway: then nothing is said twice
 */
export function drawTicks(state, shownWords) {
  const { drawing, kind, words } = looks[state] ?? { drawing: 'clock', words: state };
  return make(
    `span.ticks${kind ? `.${kind}` : ''}`,
    { title: words, 'data-state': state },
    icon(drawing),
    shownWords === undefined && make('span.visually-hidden', {}, words),
  );
}
