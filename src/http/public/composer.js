import { byId } from './dom.js';
import { recordingObstacle, startRecording } from './recorder.js';
import { createTray } from './tray.js';
import { plainText } from './whatsapp-text.js';
import { duration, kindName } from './wording.js';

/**
 * The message field with its files, replies and recording.
 * @param {{ maxBytes: number, onSend: (message: { text: string, files: File[], quoted: any }) => void,
 *   nameOf: (side: 'person' | 'assistant') => string, say: (words: string) => void }} deps
 */
export function createComposer(deps) {
  const form = byId('composer');
  const field = byId('message');
  const picker = byId('files');
  /** @type {any} the bubble that is answered */
  let quoted;

  const tray = createTray({
    list: byId('tray'),
    maxBytes: deps.maxBytes,
    onChange: () => showButtons(),
    onRefuse: deps.say,
  });

  const showButtons = () => {
    const hasSomething = field.value.trim() !== '' || !tray.isEmpty();
    byId('send').hidden = !hasSomething;
    byId('record').hidden = hasSomething;
    field.placeholder = tray.isEmpty() ? 'Message' : 'Add a caption';
    // Grows with the text up to the limit the style sheet sets.
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight + 2}px`;
  };

  const setQuoted = (bubble) => {
    quoted = bubble;
    byId('reply-strip').hidden = !bubble;
    if (!bubble) return;
    byId('reply-who').textContent = deps.nameOf(bubble.side);
    byId('reply-words').textContent = bubble.text === '' ? kindName(bubble.type) : plainText(bubble.text);
    field.focus();
  };

  /** @param {File[]} files */
  const send = (files) => {
    const text = field.value.trim();
    if (text === '' && files.length === 0) return;
    const message = { text, files, quoted };
    field.value = '';
    setQuoted(undefined);
    showButtons();
    deps.onSend(message);
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(tray.take());
    field.focus();
  });
  field.addEventListener('input', showButtons);
  field.addEventListener('keydown', (event) => {
    // While an input method is composing, Enter chooses a character.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
    if (event.key === 'Escape' && quoted) setQuoted(undefined);
  });
  byId('reply-cancel').addEventListener('click', () => {
    setQuoted(undefined);
    field.focus();
  });
  byId('attach').addEventListener('click', () => picker.click());
  picker.addEventListener('change', () => {
    tray.add(picker.files);
    picker.value = '';
    field.focus();
  });
  field.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    tray.add(files);
  });
  acceptDrops(byId('chat'), (files) => {
    tray.add(files);
    field.focus();
  });
  wireRecording({ say: deps.say, onRecorded: (file) => send([file]) });
  showButtons();

  return {
    reply: setQuoted,
    /** @param {string} words */
    write(words) {
      field.value = words;
      showButtons();
      field.focus();
    },
    pickFiles: () => picker.click(),
    focus: () => field.focus({ preventScroll: true }),
  };
}

/** @param {HTMLElement} area @param {(files: FileList) => void} onFiles */
function acceptDrops(area, onFiles) {
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  // Entering a child fires enter before leave: count instead of toggling.
  let depth = 0;
  const show = (change) => {
    depth = Math.max(0, depth + change);
    area.classList.toggle('is-dropping', depth > 0);
  };
  area.addEventListener('dragenter', (event) => hasFiles(event) && show(1));
  area.addEventListener('dragleave', (event) => hasFiles(event) && show(-1));
  area.addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
  area.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(0);
    onFiles(event.dataTransfer.files);
  });
}

/** @param {{ say: (words: string) => void, onRecorded: (file: File) => void }} deps */
function wireRecording(deps) {
  const row = byId('composer-row');
  const strip = byId('recording');
  /** @type {Awaited<ReturnType<typeof startRecording>> | undefined} */
  let running;

  const end = () => {
    running = undefined;
    strip.hidden = true;
    row.hidden = false;
    byId('message').focus();
  };
  byId('record').addEventListener('click', async () => {
    const obstacle = recordingObstacle();
    if (obstacle) return deps.say(obstacle);
    if (running) return;
    try {
      running = await startRecording((seconds, level) => {
        byId('recording-time').textContent = duration(seconds);
        byId('recording-level').style.setProperty('--level', `${Math.round(level * 100)}%`);
      });
    } catch {
      return deps.say('The microphone could not be used. Please allow it for this page.');
    }
    byId('recording-time').textContent = duration(0);
    row.hidden = true;
    strip.hidden = false;
    byId('record-send').focus();
  });
  const discard = () => {
    running?.discard();
    end();
  };
  byId('record-cancel').addEventListener('click', discard);
  strip.addEventListener('keydown', (event) => event.key === 'Escape' && discard());
  byId('record-send').addEventListener('click', async () => {
    const file = await running?.finish();
    end();
    if (file) deps.onRecorded(file);
  });
}
