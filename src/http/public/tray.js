import { icon, make } from './dom.js';
import { fileMark, lookOf } from './files.js';
import { size } from './wording.js';

/** Most files in one sending; the server has the same limit. */
const maxFiles = 30;

/**
 * The files waiting above the message field.
 * @param {{ list: HTMLElement, maxBytes: number, onChange: () => void, onRefuse: (words: string) => void }} deps
 */
export function createTray(deps) {
  /** @type {{ file: File, url: string | undefined }[]} */
  let waiting = [];

  const draw = () => {
    deps.list.hidden = waiting.length === 0;
    deps.list.replaceChildren(...waiting.map(drawEntry));
    deps.onChange();
  };

  /** @param {{ file: File, url: string | undefined }} entry */
  const drawEntry = (entry) => {
    const { file, url } = entry;
    const remove = make(
      'button.icon-button',
      { type: 'button', 'aria-label': `Remove ${file.name}` },
      icon('close'),
    );
    remove.addEventListener('click', () => {
      if (url) URL.revokeObjectURL(url);
      waiting = waiting.filter((other) => other !== entry);
      draw();
    });
    return make(
      'li.tray-file',
      {},
      url ? make('img', { src: url, alt: '' }) : fileMark(file.name, file.type),
      make(
        'span.tray-facts',
        {},
        make('span', { title: file.name }, file.name),
        make('small', {}, size(file.size)),
      ),
      remove,
    );
  };

  return {
    /** @param {Iterable<File>} files */
    add(files) {
      for (const file of files) {
        if (file.size > deps.maxBytes) {
          deps.onRefuse(`${file.name} has ${size(file.size)}; the limit is ${size(deps.maxBytes)}.`);
        } else if (waiting.length >= maxFiles) {
          deps.onRefuse(`At most ${maxFiles} files can be sent at once.`);
        } else {
          waiting.push({ file, url: lookOf(file.type) === 'photo' ? URL.createObjectURL(file) : undefined });
        }
      }
      draw();
    },
    isEmpty: () => waiting.length === 0,
    /** Empties the tray and hands out what was in it. */
    take() {
      const files = waiting.map(({ file }) => file);
      for (const { url } of waiting) if (url) URL.revokeObjectURL(url);
      waiting = [];
      draw();
      return files;
    },
  };
}
