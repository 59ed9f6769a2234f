import { icon, make } from './dom.js';
import { drawFile, fileProblem, lookOf } from './files.js';
import { drawTicks } from './ticks.js';
import { drawText, plainText } from './whatsapp-text.js';
import { clockTime, dayName, kindName, refusal } from './wording.js';

/**
 * @typedef {import('../../ports/chat-view.ts').ChatBubble} ChatBubble
 * @typedef {ChatBubble['choices'][number]} Choice
 * @typedef {Omit<ChatBubble, 'tick'> & { tick: ChatBubble['tick'] | 'sending' | 'unsent' }} ShownBubble
 */

/** Two bubbles of one side within this time stand close together. */
const followsMs = 3 * 60_000;

/**
 * Keeps the list of bubbles in step with what is to be shown, touching only what changed: a playing voice note plays on.
 * @param {{ list: HTMLElement, appName: string, nameOf: () => string, localUrl: (providerId: string) => string | undefined,
 *   onInspect: (bubble: ShownBubble, byKey: boolean) => void, onReply: (bubble: ShownBubble) => void,
 *   onAgain: (bubble: ShownBubble) => void, onChoose: (bubble: ShownBubble, choice: Choice) => void }} deps
 */
export function createBubbleList(deps) {
  /** @type {Map<string, { row: HTMLElement, look: string, bubble: ShownBubble }>} */
  const rows = new Map();
  /** @type {Map<string, HTMLElement>} */
  const media = new Map();
  /** @type {string | undefined} */
  let chosenId;

  /** @param {ShownBubble} bubble @param {boolean} follows @param {boolean} isNew */
  const rowFor = (bubble, follows, isNew) => {
    const look = JSON.stringify([bubble, follows]);
    const known = rows.get(bubble.id);
    if (known?.look === look) return known.row;
    const hadFocus = known?.row.contains(document.activeElement) ?? false;
    const row = drawRow(bubble, follows, isNew && !known);
    row.classList.toggle('is-chosen', bubble.id === chosenId);
    known?.row.replaceWith(row);
    rows.set(bubble.id, { row, look, bubble });
    if (hadFocus) /** @type {HTMLElement} */ (row.querySelector('.bubble')).focus({ preventScroll: true });
    return row;
  };

  /** @param {ShownBubble} bubble @param {boolean} follows @param {boolean} isNew */
  const drawRow = (bubble, follows, isNew) => {
    const body = make('div.bubble', { tabIndex: -1, 'data-id': bubble.id }, ...drawInside(bubble));
    body.addEventListener('click', (event) => {
      const isOwn = /** @type {Element} */ (event.target).closest('a, button, input');
      if (!isOwn && String(getSelection()) === '') deps.onInspect(bubble, false);
    });
    const isSent = bubble.tick !== 'sending' && bubble.tick !== 'unsent';
    const tools = make(
      'div.bubble-tools',
      {},
      bubble.providerId && isSent && tool('reply', 'Reply', () => deps.onReply(bubble)),
      isSent && tool('details', 'What happened', () => deps.onInspect(bubble, false)),
    );
    const classes = `div.bubble-row.from-${bubble.side}${follows ? '.follows' : ''}${isNew ? '.is-new' : ''}`;
    return make(classes, {}, body, tools);
  };

  /** @param {ShownBubble} bubble */
  const drawInside = (bubble) => {
    const who = bubble.side === 'person' ? deps.nameOf() : deps.appName;
    const refused = refusal(bubble.verdict);
    const time = make(
      'time',
      { dateTime: bubble.at, title: new Date(bubble.at).toLocaleString() },
      clockTime(bubble.at),
    );
    return [
      make('span.visually-hidden', {}, `${who}: `),
      bubble.quoted && drawQuote(bubble.quoted),
      ...bubble.files.flatMap((file) => [mediaFor(file, bubble), fileProblem(file)]),
      bubble.text !== '' && drawText(bubble.text),
      bubble.text === '' && bubble.files.length === 0 && make('div.text', {}, kindName(bubble.type)),
      refused && make('p.remark', {}, icon('lock'), refused),
      bubble.tick === 'failed' && make('p.remark.is-problem', {}, icon('alert'), drawFailure(bubble.problem)),
      bubble.tick === 'unsent' && drawUnsent(bubble),
      make('div.meta', {}, time, drawTicks(bubble.tick)),
      bubble.choices.length > 0 && drawChoices(bubble),
    ];
  };

  /** @param {ShownBubble} bubble */
  const drawChoices = (bubble) => {
    const buttons = bubble.choices.map((choice) => {
      const button = make(
        'button.choice',
        { type: 'button' },
        make('span', { dir: 'auto' }, choice.title),
        choice.description && make('small', { dir: 'auto' }, choice.description),
      );
      button.addEventListener('click', () => deps.onChoose(bubble, choice));
      return button;
    });
    return make('div.choices', { role: 'group', 'aria-label': 'Choices' }, ...buttons);
  };

  /** @param {ShownBubble} bubble */
  const drawUnsent = (bubble) => {
    const again = make('button.again', { type: 'button' }, 'Try again');
    again.addEventListener('click', () => deps.onAgain(bubble));
    return make('p.remark.is-problem', {}, icon('alert'), bubble.problem ?? 'Not sent', again);
  };

  /** @param {import('../../ports/chat-view.ts').ChatFile} file @param {ShownBubble} bubble */
  const mediaFor = (file, bubble) => {
    const local = bubble.providerId ? deps.localUrl(bubble.providerId) : undefined;
    // Cards change with what is known; photos and players stay the same element while they live.
    if (lookOf(file.mimeType) === 'card' || !file.isAvailable)
      return drawFile(file, local ?? `/simulator/media/${file.id}`);
    const key = `${bubble.providerId ?? file.id} ${lookOf(file.mimeType)}`;
    const element = media.get(key) ?? drawFile(file, local ?? `/simulator/media/${file.id}`);
    media.set(key, element);
    return element;
  };

  /** @param {NonNullable<ShownBubble['quoted']>} quoted */
  const drawQuote = (quoted) =>
    make(
      'div.quote',
      {},
      make('strong', {}, quoted.side === 'person' ? deps.nameOf() : deps.appName),
      make('span', {}, quoted.text === '' ? kindName(quoted.type) : plainText(quoted.text)),
    );

  return {
    /** @param {readonly ShownBubble[]} bubbles oldest first @param {{ isFirst: boolean }} options */
    show(bubbles, { isFirst }) {
      const wanted = [];
      let day = '';
      bubbles.forEach((bubble, index) => {
        const name = dayName(bubble.at);
        if (name !== day) wanted.push(daySeparator(name));
        const before = bubbles[index - 1];
        const isClose = before && Date.parse(bubble.at) - Date.parse(before.at) < followsMs;
        wanted.push(
          rowFor(bubble, Boolean(isClose) && before.side === bubble.side && name === day, !isFirst),
        );
        day = name;
      });
      const ids = new Set(bubbles.map((bubble) => bubble.id));
      for (const id of [...rows.keys()]) if (!ids.has(id)) rows.delete(id);
      place(deps.list, wanted);
    },
    forget() {
      rows.clear();
      media.clear();
      deps.list.replaceChildren();
    },
    /** @param {string | undefined} id */
    choose(id) {
      chosenId = id;
      for (const [rowId, { row }] of rows) row.classList.toggle('is-chosen', rowId === id);
    },
    /** @param {string} id */
    find: (id) => rows.get(id)?.bubble,
  };
}

/**
 * Puts the elements in order without moving those that stand right: moving one would stop its sound and lose the focus.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} wanted
 */
function place(list, wanted) {
  let next = list.firstElementChild;
  for (const element of wanted) {
    const isSameDay =
      next?.className === 'day' && element.className === 'day' && next.textContent === element.textContent;
    if (next === element || isSameDay) {
      next = next?.nextElementSibling ?? null;
      continue;
    }
    // What stands here is not wanted any more, unless it comes later.
    while (next && !wanted.includes(/** @type {HTMLElement} */ (next))) {
      const gone = next;
      next = next.nextElementSibling;
      gone.remove();
    }
    if (next === element) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
}

/** @param {string} name */
function daySeparator(name) {
  return make('div.day', {}, name);
}

/** @param {string} name @param {string} label @param {() => void} act */
function tool(name, label, act) {
  const button = make(
    'button.icon-button',
    { type: 'button', tabIndex: -1, title: label, 'aria-label': label },
    icon(name),
  );
  button.addEventListener('click', act);
  return button;
}

/** @param {string | null} reason */
function drawFailure(reason) {
  return reason === null ? 'Could not be delivered' : `Could not be delivered: ${reason}`;
}
