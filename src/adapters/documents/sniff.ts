import { open } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import type { ContentKind, SniffedType } from '#src/domain/reading.ts';
import { mp4Tracks, webmTracks } from './container-tracks.ts';
import { readHead } from './read-head.ts';
import { sniffOffice } from './sniff-office.ts';
import { textEncodingOf } from './text-encoding.ts';

/** Other names of the same types, brought to the one that the transcription API and our tables use. */
const sameTypes: Readonly<Record<string, readonly [mimeType: string, extension: string]>> = {
  'audio/x-m4a': ['audio/mp4', 'm4a'],
  'audio/ogg': ['audio/ogg', 'ogg'],
  'application/ogg': ['audio/ogg', 'ogg'],
  'audio/x-flac': ['audio/flac', 'flac'],
  'audio/vnd.wave': ['audio/wav', 'wav'],
  'audio/x-wav': ['audio/wav', 'wav'],
  'image/apng': ['image/png', 'png'],
  'video/x-matroska': ['video/matroska', 'mkv'],
  'text/x-vcard': ['text/vcard', 'vcf'],
};

/** Types whose own bytes are text, although they have a signature. */
const textTypes = /^(text\/|application\/(json|x-subrip))/;

/** Documents by their type. An Office file has one by its signature alone when its end is missing. */
const documentTypes: readonly (readonly [RegExp, ContentKind])[] = [
  [/^application\/(vnd\.openxmlformats-officedocument\.wordprocessingml|vnd\.ms-word)/, 'word'],
  [/^application\/(vnd\.openxmlformats-officedocument\.spreadsheetml|vnd\.ms-excel)/, 'spreadsheet'],
  [/^application\/(vnd\.openxmlformats-officedocument\.presentationml|vnd\.ms-powerpoint)/, 'presentation'],
  [/^text\/html$/, 'web_page'],
  [/^text\/calendar$/, 'calendar'],
  [/^text\/vcard$/, 'contact'],
];

/** Decides by the bytes what a file is. Never throws for content; @throws MediaUnusable `unavailable` when it is gone */
export async function sniffFile(path: string): Promise<SniffedType> {
  const head = await readHead(path);
  if (head.length === 0) return { kind: 'unknown', mimeType: 'application/x-empty', extension: 'bin' };
  if (isPdf(head)) return { kind: 'pdf', mimeType: 'application/pdf', extension: 'pdf' };
  const office = await sniffOffice(path, head);
  if (office) return office;
  const signature = await signatureOf(head);
  if (!signature || signature.mime === 'application/xml') return sniffText(head);
  const [mimeType, extension] = sameTypes[signature.mime] ?? [signature.mime, signature.ext];
  const kind = kindOf(mimeType);
  // A magic number of two letters such as BM also begins ordinary sentences.
  if (kind === 'image' && mimeType === 'image/bmp' && textEncodingOf(head)) return sniffText(head);
  if (kind === 'audio' || kind === 'video') return withTracks(path, head, { kind, mimeType, extension });
  return { kind, mimeType, extension };
}

/** A signature is searched in the first bytes only, so that no file can make this take long. */
async function signatureOf(head: Buffer): Promise<{ mime: string; ext: string } | undefined> {
  try {
    const type = await fileTypeFromBuffer(head);
    return type && { ext: type.ext, mime: type.mime.split(';')[0] ?? type.mime };
  } catch {
    // The library throws on some malformed containers, which then have no type.
    return undefined;
  }
}

/** Readers allow other bytes before a PDF's header within the first 1,024; mail gateways and scanners put some there. */
function isPdf(head: Buffer): boolean {
  if (head.subarray(0, 5).equals(Buffer.from('%PDF-'))) return true;
  const start = head.toString('latin1', 0, 1024).search(/%PDF-\d/);
  // A text that merely mentions the header has no objects after it.
  return start >= 0 && / obj\b/.test(head.toString('latin1', start));
}

function kindOf(mimeType: string): ContentKind {
  const document = documentTypes.find(([type]) => type.test(mimeType));
  if (document) return document[1];
  if (textTypes.test(mimeType)) return 'text';
  const kind = mimeType.split('/')[0];
  if (mimeType === 'image/svg+xml') return 'unknown';
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'unknown';
}

function sniffText(head: Buffer): SniffedType {
  const encoding = textEncodingOf(head);
  if (!encoding) return { kind: 'unknown', mimeType: 'application/octet-stream', extension: 'bin' };
  const start = new TextDecoder(encoding).decode(head.subarray(0, 4096)).trimStart().toLowerCase();
  if (start.startsWith('begin:vcalendar'))
    return { kind: 'calendar', mimeType: 'text/calendar', extension: 'ics' };
  if (start.startsWith('begin:vcard')) return { kind: 'contact', mimeType: 'text/vcard', extension: 'vcf' };
  if (start.startsWith('<') && /<svg[\s>]/.test(start) && !/<html[\s>]/.test(start)) {
    return { kind: 'unknown', mimeType: 'image/svg+xml', extension: 'svg' };
  }
  // Comments and an XML declaration may come first; a saved page often begins with where it was saved from.
  const pageStart = start.startsWith('<?xml')
    ? /<(!doctype html|html)[\s>]/
    : /<(!doctype html|html|head|body)[\s>]/;
  if (start.startsWith('<') && pageStart.test(start))
    return { kind: 'web_page', mimeType: 'text/html', extension: 'html' };
  if (start.startsWith('<?xml')) return { kind: 'unknown', mimeType: 'application/xml', extension: 'xml' };
  return { kind: 'text', mimeType: 'text/plain', extension: 'txt' };
}

/** Sound and moving pictures share containers; only the tracks inside tell a voice recording from a video. */
async function withTracks(path: string, head: Buffer, type: SniffedType): Promise<SniffedType> {
  if (/^(audio|video)\/(mp4|3gpp2?|quicktime|x-m4v)$/.test(type.mimeType)) {
    await using file = await open(path);
    const tracks = await mp4Tracks(file);
    if (!tracks?.audio || tracks.video) return type;
    return /3gpp/.test(type.mimeType)
      ? { kind: 'audio', mimeType: 'audio/3gpp', extension: '3gp' }
      : { kind: 'audio', mimeType: 'audio/mp4', extension: 'm4a' };
  }
  if (/^video\/(webm|matroska)$/.test(type.mimeType)) {
    const tracks = webmTracks(head);
    if (!tracks.audio || tracks.video) return type;
    return type.extension === 'webm'
      ? { kind: 'audio', mimeType: 'audio/webm', extension: 'webm' }
      : { kind: 'audio', mimeType: 'audio/matroska', extension: 'mka' };
  }
  return type;
}
