import type { MessageType } from '#src/domain/message.ts';

/** `Audio/OGG; codecs=opus` → `audio/ogg`; '' for what is no media type. */
export function essenceOf(contentType: string): string {
  const essence = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(essence) ? essence : '';
}

/** What a message with such a file mainly is. */
export function typeOfFile(declaredType: string): MessageType {
  if (declaredType === 'application/pdf') return 'pdf';
  if (declaredType === 'text/vcard' || declaredType === 'text/x-vcard') return 'contact';
  const [family] = declaredType.split('/', 1);
  if (family === 'image' || family === 'video') return family;
  return family === 'audio' ? 'voice' : 'document';
}
