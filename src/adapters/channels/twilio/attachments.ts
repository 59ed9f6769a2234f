import type { InboundAttachment } from '#src/domain/message.ts';
import { type Params, textOf } from './fields.ts';

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

/** `Audio/OGG; codecs=opus` → `audio/ogg`; '' for what is no media type. */
function essenceOf(contentType: string): string {
  const essence = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(essence) ? essence : '';
}
