import type { InboundAttachment, MessageType } from '#src/domain/message.ts';
import { typeOfFile } from '../media-type.ts';

/** What of a webhook decides its type. */
export interface TypeClues {
  /** Twilio's `MessageType`; '' when missing. */
  readonly messageType: string;
  readonly attachments: readonly InboundAttachment[];
  readonly hasLocation: boolean;
  readonly hasButton: boolean;
}

/** Twilio's names; those not listed are unknown to us. Names other than text, image, audio, document, interactive and location are seldom documented. */
const named: Readonly<Record<string, MessageType>> = {
  text: 'text',
  image: 'image',
  audio: 'voice',
  voice: 'voice',
  video: 'video',
  document: 'document',
  sticker: 'sticker',
  location: 'location',
  contact: 'contact',
  contacts: 'contact',
  button: 'button',
  interactive: 'button',
};

/**
 * What a message mainly is. Files weigh more than a name that does not fit them, so that no file is lost over a type Twilio adds
 * tomorrow; a name for which nothing came along (a location without coordinates) is `unsupported`.
 */
export function decideType(clues: TypeClues): MessageType {
  const { messageType, attachments } = clues;
  const type = Object.hasOwn(named, messageType) ? named[messageType] : undefined;
  const fileType = attachments[0] && typeOfFile(attachments[0].declaredType);
  if (fileType === 'contact') return 'contact';
  switch (type) {
    case 'document':
      return fileType === 'pdf' ? 'pdf' : 'document';
    // A photo without a file: Twilio could not take it over. The person still hears about it.
    case 'image':
    case 'voice':
    case 'video':
    case 'sticker':
      return type;
    case 'location':
      return clues.hasLocation ? 'location' : 'unsupported';
    case 'button':
      return clues.hasButton ? 'button' : 'unsupported';
    case 'contact':
      return fileType ?? 'unsupported';
    case 'text':
      return fileType ?? 'text';
    default:
      return fileType ?? (messageType === '' ? typeWithoutName(clues) : 'unsupported');
  }
}

function typeWithoutName(clues: TypeClues): MessageType {
  if (clues.hasLocation) return 'location';
  return clues.hasButton ? 'button' : 'text';
}
