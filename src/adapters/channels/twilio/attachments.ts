import type { InboundAttachment } from '#src/domain/message.ts';
import { type Params, textOf } from '../fields.ts';
import { essenceOf } from '../media-type.ts';

/** WhatsApp sends one file a message and Twilio ten at most; the rest is headroom. */
const maxAttachments = 20;
const names = Array.from(
  { length: maxAttachments },
  (_, index) => [`MediaUrl${index}`, `MediaContentType${index}`] as const,
);

/**
 * The files of a message. `NumMedia` is not asked: it may lie in either direction, and a link that is there is worth fetching.
 * A link that makes no sense stays, so that the person hears that this file could not be fetched.
 */
export function readAttachments(params: Params): InboundAttachment[] {
  const attachments: InboundAttachment[] = [];
  for (const [url, contentType] of names) {
    const ref = textOf(params, url, 2048).trim();
    if (ref !== '') attachments.push({ ref, declaredType: essenceOf(textOf(params, contentType, 256)) });
  }
  return attachments;
}
