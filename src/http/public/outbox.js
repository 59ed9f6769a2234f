import { postMessage, Refused } from './api.js';

/** How long to wait before each automatic second try of a sending that got no answer. */
const retriesMs = [800, 2_000];

/**
 * What was sent and is not yet in the thread: shown at once, sent with the same id until an answer comes.
 * @param {{ onChange: () => void, onStored: () => void }} deps
 */
export function createOutbox(deps) {
  /** @type {{ message: any, bubbles: any[] }[]} */
  let entries = [];
  /** Local addresses of sent files by provider id: what is on this machine need not be fetched back. */
  const localUrls = new Map();

  const mark = (entry, tick, problem = null) => {
    entry.bubbles = entry.bubbles.map((bubble) => ({ ...bubble, tick, problem }));
    deps.onChange();
  };

  const deliver = async (entry) => {
    mark(entry, 'sending');
    for (let tries = 0; ; tries += 1) {
      try {
        await postMessage(entry.message);
        deps.onStored();
        return;
      } catch (error) {
        const pause = error instanceof Refused ? undefined : retriesMs[tries];
        if (pause === undefined) {
          mark(entry, 'unsent', error instanceof Refused ? error.message : 'No connection.');
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };

  return {
    /** @param {{ person: string, text: string, files: File[], quoted: any, choice?: string }} given */
    send({ person, text, files, quoted, choice }) {
      const clientId = crypto.randomUUID?.() ?? fallbackId();
      const message = { person, clientId, text, quoted: quoted?.providerId, choice, files };
      const bubbles = (files.length === 0 ? [undefined] : files).map((file, index) =>
        toBubble({
          providerId: `sim-in-${clientId}-${index}`,
          file,
          text: index === 0 ? text : '',
          quoted: index === 0 ? quoted : undefined,
        }),
      );
      for (const [index, file] of files.entries()) {
        localUrls.set(`sim-in-${clientId}-${index}`, URL.createObjectURL(file));
      }
      const entry = { message, bubbles };
      entries.push(entry);
      void deliver(entry);
    },
    /** @param {any} bubble */
    again(bubble) {
      const entry = entries.find((candidate) => candidate.bubbles.some(({ id }) => id === bubble.id));
      if (entry) void deliver(entry);
    },
    /** Bubbles of this person that the thread does not have yet; what it has is forgotten here. */
    waiting(person, thread) {
      const stored = new Set(thread.map(({ providerId }) => providerId));
      entries = entries.filter(({ bubbles }) => !bubbles.every(({ providerId }) => stored.has(providerId)));
      return entries
        .filter(({ message }) => message.person === person)
        .flatMap(({ bubbles }) => bubbles.filter(({ providerId }) => !stored.has(providerId)));
    },
    /** @param {string} providerId @returns {string | undefined} */
    localUrl: (providerId) => localUrls.get(providerId),
  };
}

function toBubble({ providerId, file, text, quoted }) {
  const files = file
    ? [
        {
          id: providerId,
          name: file.name,
          mimeType: file.type.split(';')[0],
          bytes: file.size,
          state: 'pending',
          problem: null,
          pages: null,
          unit: null,
          seconds: null,
          isAvailable: true,
        },
      ]
    : [];
  return {
    id: providerId,
    messageId: providerId,
    side: 'person',
    providerId,
    at: new Date().toISOString(),
    type: 'text',
    text,
    quoted: quoted ? { side: quoted.side, type: quoted.type, text: quoted.text } : null,
    files,
    choices: [],
    verdict: null,
    tick: 'sending',
    problem: null,
  };
}

/** Over plain http browsers have no randomUUID. */
function fallbackId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
