import { stat } from 'node:fs/promises';
import { ProviderRefused, ProviderUnavailable } from '#src/domain/errors.ts';
import type { OutboundFile } from '#src/domain/outbound.ts';
import { essenceOf } from '../media-type.ts';
import { fieldOf } from './failed-call.ts';
import type { GraphApi } from './graph-api.ts';

/** 100 MB within two minutes; no message is on its way yet, so nothing but time is lost. */
const uploadTimeoutMs = 120_000;
const maxCaptionUnits = 1024;
const megabyte = 1024 * 1024;

/** How Meta carries a file, and how large it may be; see .../whatsapp/business-phone-numbers/media. */
interface Carriage {
  readonly type: 'image' | 'audio' | 'video' | 'document' | 'sticker';
  readonly maxBytes: number;
  /** The content type the upload says; not always the file's own. */
  readonly mimeType: string;
}

const office = 'application/vnd.openxmlformats-officedocument.';
const documents = new Set([
  'application/pdf',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-powerpoint',
  `${office}wordprocessingml.document`,
  `${office}spreadsheetml.sheet`,
  `${office}presentationml.presentation`,
]);

/** @returns undefined for what Meta does not carry */
function carriageOf(file: OutboundFile): Carriage | undefined {
  const mimeType = essenceOf(file.mimeType);
  const as = (type: Carriage['type'], maxBytes: number, said = mimeType) => ({
    type,
    maxBytes,
    mimeType: said,
  });
  if (/^image\/(?:jpeg|png)$/.test(mimeType)) return as('image', 5 * megabyte);
  // 500 KB are for animated stickers, a still one has 100 KB; Meta looks which it is.
  if (mimeType === 'image/webp') return as('sticker', 500 * 1024);
  if (/^audio\/(?:aac|amr|mpeg|mp4|ogg|opus)$/.test(mimeType)) return as('audio', 16 * megabyte);
  if (/^video\/(?:mp4|3gpp)$/.test(mimeType)) return as('video', 16 * megabyte);
  if (documents.has(mimeType)) return as('document', 100 * megabyte);
  // Meta knows one kind of text; the file's name keeps what it is.
  const isText = /^text\/|^application\/(?:json|xml|x-ndjson)$|\+(?:json|xml)$/.test(mimeType);
  return isText ? as('document', 100 * megabyte, 'text/plain') : undefined;
}

/**
 * Uploads a file and says how the message carries it. Meta keeps it for 30 days.
 * @param text goes along as the caption
 * @throws ProviderRefused for a file Meta does not carry, or a caption it would not show; whatever the call throws
 */
export async function uploadFile(
  api: GraphApi,
  upload: { phoneNumberId: string; file: OutboundFile; text: string; signal: AbortSignal },
): Promise<{ type: Carriage['type']; content: object; mediaId: string }> {
  const { phoneNumberId, file, text, signal } = upload;
  const carriage = carriageOf(file);
  if (!carriage) throw refused('Meta carries no files of this type', 'media_type');
  const { type, maxBytes, mimeType } = carriage;
  const hasCaption = type !== 'audio' && type !== 'sticker';
  // Cutting it would lose words without a trace.
  if (text.length > (hasCaption ? maxCaptionUnits : 0))
    throw refused('The file has no room for its text', 'caption');
  const size = await sizeOf(file.path);
  if (size === 0 || size > maxBytes)
    throw refused('The file is empty or larger than Meta carries', 'media_size');

  const form = {
    fields: { messaging_product: 'whatsapp', type: mimeType },
    fileField: 'file',
    path: file.path,
    fileName: file.fileName,
    mimeType,
  };
  const answer = await api.call({
    method: 'POST',
    path: [phoneNumberId, 'media'],
    form,
    timeoutMs: uploadTimeoutMs,
    signal,
  });
  const id = fieldOf(answer, 'id');
  if (typeof id !== 'string' || id === '') {
    throw new ProviderUnavailable('Meta took a file without giving it an id', { vendorCode: 'no_media_id' });
  }
  return {
    type,
    mediaId: id,
    content: {
      id,
      ...(hasCaption && text !== '' && { caption: text }),
      ...(type === 'document' && { filename: file.fileName }),
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new ProviderRefused('request', 'The file to send is not there', { vendorCode: 'no_file', cause });
  }
}

function refused(message: string, vendorCode: string): ProviderRefused {
  return new ProviderRefused('request', message, { vendorCode });
}
