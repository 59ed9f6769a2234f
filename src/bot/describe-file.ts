import type { ContentKind } from '#src/domain/reading.ts';
import type { StoredAttachment } from '#src/domain/turn.ts';

const kindNames: Readonly<Record<ContentKind, string>> = {
  image: 'the photo',
  audio: 'the voice note',
  video: 'the video',
  pdf: 'the PDF',
  text: 'the text file',
  word: 'the Word document',
  spreadsheet: 'the spreadsheet',
  presentation: 'the presentation',
  web_page: 'the web page',
  calendar: 'the calendar file',
  contact: 'the contact card',
  unknown: 'the file',
};

/** Labels of documents, new and old formats alike. */
const labels: readonly (readonly [RegExp, ContentKind])[] = [
  [/^application\/pdf$/, 'pdf'],
  [/^application\/(msword|vnd\.ms-word|vnd\.openxmlformats-officedocument\.wordprocessingml)/, 'word'],
  [/^application\/(vnd\.ms-excel|vnd\.openxmlformats-officedocument\.spreadsheetml)/, 'spreadsheet'],
  [/^application\/(vnd\.ms-powerpoint|vnd\.openxmlformats-officedocument\.presentationml)/, 'presentation'],
  [/^(text\/html|application\/xhtml\+xml)$/, 'web_page'],
  [/^(text|application)\/(x-)?(calendar|vcalendar|ics)$/, 'calendar'],
  [/^text\/(x-)?(vcard|directory)$/, 'contact'],
];

/** How a file is called when talking to the person: its name, else what it is. */
export function nameOf(file: StoredAttachment): string {
  if (file.fileName) return `"${file.fileName}"`;
  return kindNames[file.sniffed?.kind ?? kindOfLabel(file.declaredType)];
}

/** `1.4 MB`, `312 KB`. */
export function sizeOf(bytes: number): string {
  return bytes >= 1024 * 1024
    ? `${(bytes / 1024 / 1024).toFixed(1)} MB`
    : `${Math.max(1, Math.round(bytes / 1024))} KB`;
}

/** `0:42`, `12:05`. */
export function lengthOf(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** What a label promises; the content may turn out to be something else. */
export function kindOfLabel(type: string): ContentKind {
  const document = labels.find(([label]) => label.test(type));
  if (document) return document[1];
  const main = type.split('/')[0];
  return main === 'image' || main === 'audio' || main === 'video' || main === 'text' ? main : 'unknown';
}
