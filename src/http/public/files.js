import { icon, make } from './dom.js';
import { duration, problemName, size } from './wording.js';

/** @typedef {import('../../ports/chat-view.ts').ChatFile} ChatFile */

/** Photos that browsers can show; HEIC and the like become file cards. */
const shownImages = /^image\/(jpeg|png|gif|webp|avif|bmp)$/;

/**
 * @param {string} mimeType
 * @returns {'photo' | 'sound' | 'card'}
 */
export function lookOf(mimeType) {
  if (shownImages.test(mimeType)) return 'photo';
  return mimeType.startsWith('audio/') ? 'sound' : 'card';
}

/**
 * A file in a bubble: the photo, a player, or a card with name and size.
 * @param {ChatFile} file
 * @param {string} url
 * @returns {HTMLElement}
 */
export function drawFile(file, url) {
  const look = file.isAvailable ? lookOf(file.mimeType) : 'card';
  if (look === 'sound') return drawSound(file, url);
  if (look === 'card') return drawCard(file, url);
  const image = make('img.photo', {
    src: url,
    alt: file.name ?? 'Photo',
    loading: 'lazy',
    decoding: 'async',
  });
  // Not a picture after all, or no longer there.
  image.addEventListener('error', () => image.replaceWith(drawCard(file, url)), { once: true });
  return image;
}

/**
 * @param {string} name
 * @param {string} mimeType
 */
export function fileMark(name, mimeType) {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1] ?? mimeType.split('/')[1]?.slice(0, 4) ?? '';
  const kind =
    mimeType === 'application/pdf'
      ? '.is-pdf'
      : /sheet|csv|excel/.test(mimeType)
        ? '.is-sheet'
        : mimeType.startsWith('text/') || /word|presentation|powerpoint/.test(mimeType)
          ? '.is-text'
          : '';
  return make(`span.file-mark${kind}`, { 'aria-hidden': 'true' }, ending.toUpperCase() || 'FILE');
}

/**
 * @param {ChatFile} file
 * @param {string} url
 */
function drawCard(file, url) {
  const name = file.name ?? 'File';
  const facts = [
    file.pages === null ? undefined : `${file.pages} ${file.unit ?? 'page'}${file.pages === 1 ? '' : 's'}`,
    file.bytes === null ? undefined : size(file.bytes),
    file.isAvailable ? undefined : 'no longer kept',
  ].filter((fact) => fact !== undefined);
  const inside = [
    fileMark(name, file.mimeType),
    make(
      'span',
      {},
      make('span.file-name', { title: name }, name),
      make('span.file-facts', {}, facts.join(' · ')),
    ),
  ];
  return file.isAvailable
    ? make(
        'a.file',
        { href: url, download: name, 'aria-label': `Download ${name}` },
        ...inside,
        icon('download'),
      )
    : make('div.file', {}, ...inside);
}

/**
 * @param {ChatFile} file
 * @param {string} url
 */
function drawSound(file, url) {
  const audio = /** @type {HTMLAudioElement} */ (make('audio', { src: url, preload: 'metadata' }));
  const button = make('button.round-button', { type: 'button', 'aria-label': 'Play' }, icon('play'));
  const seek = /** @type {HTMLInputElement} */ (
    make('input', { type: 'range', min: '0', max: '1000', value: '0', 'aria-label': 'Position' })
  );
  const time = make('span.sound-time', {}, file.seconds ? duration(file.seconds) : 'Voice note');

  // A recording that was streamed has no length in its header: browsers report Infinity.
  const length = () => (Number.isFinite(audio.duration) ? audio.duration : (file.seconds ?? 0));
  const show = () => {
    const total = length();
    const share = total > 0 ? Math.min(1, audio.currentTime / total) : 0;
    seek.value = String(Math.round(share * 1000));
    seek.style.setProperty('--heard', `${share * 100}%`);
    const moment = audio.paused && audio.currentTime === 0 ? total : audio.currentTime;
    if (moment > 0) time.textContent = duration(moment);
    button.replaceChildren(icon(audio.paused ? 'play' : 'pause'));
    button.setAttribute('aria-label', audio.paused ? 'Play' : 'Pause');
  };
  for (const event of ['loadedmetadata', 'timeupdate', 'play', 'pause']) audio.addEventListener(event, show);
  audio.addEventListener('ended', () => {
    audio.currentTime = 0;
    show();
  });
  audio.addEventListener('error', () => {
    time.textContent = 'This browser cannot play it';
  });
  button.addEventListener('click', () => {
    if (audio.paused) audio.play().catch(() => audio.dispatchEvent(new Event('error')));
    else audio.pause();
  });
  seek.addEventListener('input', () => {
    if (length() > 0) audio.currentTime = (Number(seek.value) / 1000) * length();
  });
  return make('div.sound', {}, button, seek, time, audio);
}

/**
 * What went wrong with a file, as a line in the bubble.
 * @param {ChatFile} file
 */
export function fileProblem(file) {
  return file.problem ? make('p.remark.is-problem', {}, icon('alert'), problemName(file.problem)) : null;
}
