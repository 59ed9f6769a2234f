/** The chat page: reads the thread, draws it, and keeps it in step with what happens. */
import { getThread, Refused } from './api.js';
import { createBubbleList } from './bubbles.js';
import { createComposer } from './composer.js';
import { byId } from './dom.js';
import { createInspector } from './inspector.js';
import { listen } from './live.js';
import { createOutbox } from './outbox.js';
import { createPeople } from './people.js';
import { createScroll } from './scroll.js';
import { createTyping } from './typing.js';

const { appName, maxBytes } = document.body.dataset;
const thread = byId('thread');
const log = byId('bubbles');

/** @type {import('./api.js').ChatThread} */
const nothing = { userId: null, bubbles: [], olderCursor: null, isWorking: false };
let newest = nothing;
/** Bubbles fetched with “Show earlier messages”. */
let earlier = nothing.bubbles;
let earlierCursor = null;
let hasLoaded = false;
let stopListening = () => {};

const say = createToast();
const scroll = createScroll();
const typing = createTyping({ onChange: () => scroll.keep(() => {}) });
const people = createPeople({ onChoose: openChat });
const outbox = createOutbox({ onChange: draw, onStored: () => void load() });
const composer = createComposer({
  maxBytes: Number(maxBytes),
  nameOf: (side) => (side === 'person' ? people.name() : appName),
  say,
  onSend: (message) => {
    outbox.send({ person: people.phone(), ...message });
    scroll.toEnd();
  },
});
const inspector = createInspector({
  onReply: (bubble) => composer.reply(bubble),
  onClose: (bubble) => {
    list.choose(undefined);
    focusBubble(bubble.id);
  },
});
const list = createBubbleList({
  list: log,
  appName,
  nameOf: () => people.name(),
  localUrl: outbox.localUrl,
  onInspect: inspect,
  onReply: (bubble) => composer.reply(bubble),
  onAgain: (bubble) => outbox.again(bubble),
  onChoose: (bubble, { id, title }) => {
    outbox.send({ person: people.phone(), text: title, files: [], quoted: bubble, choice: id });
    scroll.toEnd();
  },
});

function inspect(bubble, byKey) {
  if (bubble.tick === 'sending' || bubble.tick === 'unsent') return;
  list.choose(bubble.id);
  scroll.keep(() => inspector.open(bubble, byKey));
}

function draw() {
  const stored = [...earlier, ...newest.bubbles];
  const bubbles = [...stored, ...outbox.waiting(people.phone(), stored)];
  const isFirst = !hasLoaded;
  scroll.keep(() => {
    list.show(bubbles, { isFirst });
    byId('earlier').hidden = (earlier.length > 0 ? earlierCursor : newest.olderCursor) === null;
    byId('empty').hidden = bubbles.length > 0 || isFirst;
  });
}

// Changes come in bursts: one reading at a time, and one more if something happened meanwhile.
let isLoading = false;
let isStale = false;
async function load() {
  if (isLoading) {
    isStale = true;
    return;
  }
  isLoading = true;
  do {
    isStale = false;
    const phone = people.phone();
    try {
      const next = await getThread(phone);
      if (phone !== people.phone()) isStale = true;
      else show(next);
    } catch (error) {
      if (error instanceof Refused) say(error.message);
      // Anything else is a lost connection: the header says so and the timer tries again.
    }
  } while (isStale);
  isLoading = false;
  void inspector.refresh();
  void people.refresh();
}

/** @param {import('./api.js').ChatThread} next */
function show(next) {
  keepWhatSlidOut(next);
  newest = next;
  typing.onThread(next);
  draw();
  if (hasLoaded) return;
  hasLoaded = true;
  draw();
  scroll.toEnd();
  // Only what comes from now on is read out, not the whole history.
  requestAnimationFrame(() => log.setAttribute('aria-live', 'polite'));
}

/** New messages push old ones out of the newest page: those already on screen stay there. */
function keepWhatSlidOut(next) {
  const first = next.bubbles[0];
  if (!first || newest.bubbles.length === 0) return;
  const at = newest.bubbles.findIndex(({ id }) => id === first.id);
  if (at <= 0) return;
  if (earlier.length === 0) earlierCursor = newest.olderCursor;
  earlier = [...earlier, ...newest.bubbles.slice(0, at)];
}

function openChat(phone) {
  history.replaceState(null, '', `/simulator?${new URLSearchParams({ person: phone })}`);
  stopListening();
  inspector.close();
  composer.reply(undefined);
  log.setAttribute('aria-live', 'off');
  newest = nothing;
  earlier = nothing.bubbles;
  earlierCursor = null;
  hasLoaded = false;
  list.forget();
  typing.onThread(nothing);
  byId('empty').hidden = true;
  byId('empty-words').textContent = people.isStranger()
    ? 'This person is not on the whitelist. Write something to see the refusal that strangers get.'
    : `You are writing as ${people.name()}. Type a message, or drop files anywhere in this chat.`;
  stopListening = listen(phone, {
    onChange: () => void load(),
    onPeople: () => void people.refresh(),
    onTyping: typing.onTyping,
    onLine: typing.onLine,
  });
  void load();
}

byId('earlier').addEventListener('click', async () => {
  const cursor = earlier.length > 0 ? earlierCursor : newest.olderCursor;
  const phone = people.phone();
  if (!cursor) return;
  try {
    const older = await getThread(phone, cursor);
    if (phone !== people.phone()) return;
    const fromEnd = thread.scrollHeight - thread.scrollTop;
    earlier = [...older.bubbles, ...earlier];
    earlierCursor = older.olderCursor;
    draw();
    thread.scrollTop = thread.scrollHeight - fromEnd;
  } catch (error) {
    say(error instanceof Refused ? error.message : 'The server cannot be reached.');
  }
});

thread.addEventListener('keydown', (event) => {
  const bubbles = [...log.querySelectorAll('.bubble')];
  const at = bubbles.indexOf(document.activeElement);
  const step = {
    ArrowUp: at === -1 ? bubbles.length - 1 : at - 1,
    ArrowDown: at + 1,
    Home: 0,
    End: bubbles.length - 1,
  }[event.key];
  const isOnBubble = at !== -1;
  if (step !== undefined && event.target.tagName !== 'INPUT') {
    const next = bubbles[step];
    if (next) next.focus();
    else if (isOnBubble && step >= bubbles.length) composer.focus();
    if (next || isOnBubble) event.preventDefault();
  } else if (
    isOnBubble &&
    (event.key === 'Enter' || event.key.toLowerCase() === 'r') &&
    !event.ctrlKey &&
    !event.metaKey
  ) {
    const bubble = list.find(bubbles[at].dataset.id);
    event.preventDefault();
    if (bubble && event.key === 'Enter') inspect(bubble, true);
    else if (bubble?.providerId) composer.reply(bubble);
  }
});

function focusBubble(id) {
  const bubble = log.querySelector(`.bubble[data-id="${CSS.escape(id)}"]`);
  bubble?.focus({ preventScroll: true });
}

for (const chip of document.querySelectorAll('[data-starter]')) {
  chip.addEventListener('click', () => composer.write(chip.dataset.starter));
}
document.querySelector('[data-starter-file]').addEventListener('click', () => composer.pickFiles());

/** A line that says what went wrong and goes away by itself. */
function createToast() {
  const toast = byId('toast');
  let timer;
  return (words) => {
    toast.textContent = words;
    toast.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      toast.hidden = true;
    }, 6_000);
  };
}

openChat(people.phone());
// On a touch screen the keyboard would cover half the page at once.
if (matchMedia('(hover: hover)').matches) composer.focus();
