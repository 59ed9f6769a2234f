/** How numbers, times and states read on the page. */

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const count = new Intl.NumberFormat();

/** @param {string} iso */
export const clockTime = (iso) => time.format(new Date(iso));

/** @param {number} value */
export const number = (value) => count.format(value);

/**
 * Today, Yesterday or the date.
 * @param {string} iso
 */
export function dayName(iso) {
  const day = new Date(iso);
  const now = new Date();
  if (day.toDateString() === now.toDateString()) return 'Today';
  now.setDate(now.getDate() - 1);
  return day.toDateString() === now.toDateString() ? 'Yesterday' : date.format(day);
}

/**
 * A kilobyte is 1024 bytes here, as in the setting that limits files.
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1).replace('.0', '')} MB`;
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** @param {number} ms */
export function milliseconds(ms) {
  return ms < 10_000 ? `${number(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {number} micros micro-dollars */
export function cost(micros) {
  if (micros === 0) return '$0';
  const dollars = micros / 1_000_000;
  return dollars < 0.01 ? `$${dollars.toFixed(6).replace(/0+$/, '')}` : `$${dollars.toFixed(4)}`;
}

/** What stands for a message without words. */
const kinds = {
  text: 'Message',
  image: 'Photo',
  voice: 'Voice note',
  video: 'Video',
  pdf: 'PDF',
  document: 'Document',
  sticker: 'Sticker',
  location: 'Location',
  contact: 'Contact',
  button: 'Button',
  unsupported: 'Unsupported message',
};

/** @param {string} type */
export const kindName = (type) => kinds[type] ?? type;

/** Why the bot did not answer in full; undefined when it was welcome. */
const refusals = {
  not_whitelisted: 'Not on the whitelist',
  inactive: 'Switched off for this person',
  rate_limited: 'Over the message limit',
  outside_window: 'Came too late to be answered',
  opted_out: 'Wants no messages',
};

/** @param {string | null} verdict */
export const refusal = (verdict) => (verdict === null ? undefined : refusals[verdict]);

const problems = {
  encrypted: 'Protected by a password',
  damaged: 'Damaged file',
  empty: 'Empty file',
  too_large: 'File too large',
  too_many_pixels: 'Too many pixels',
  too_complex: 'Too complex to read safely',
  too_long: 'Too long',
  silent: 'Nothing to hear',
  unsupported: 'Kind of file not supported',
  unavailable: 'File no longer available',
  refused: 'File refused',
};

/** @param {string} problem */
export const problemName = (problem) => problems[problem] ?? problem.replaceAll('_', ' ');
