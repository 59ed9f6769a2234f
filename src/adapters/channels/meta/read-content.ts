import { degreesOf, lineOf, type Params, textOf } from '../fields.ts';
import { essenceOf, typeOfFile } from '../media-type.ts';
import { type Content, unreadable } from './content.ts';
import { describeCards } from './describe-cards.ts';
import { describeOrder } from './describe-order.ts';
import { listOf, messageIdOf, numberOf, objectOf, partOf, wordOf } from './json.ts';
import { readInteractive } from './read-interactive.ts';

/**
 * Reads what a message says. A type without what belongs to it, and a type nobody knows yet, is `unsupported` under Meta's name.
 * (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages)
 */
export function readContent(message: Params, type: string): Content {
  switch (type) {
    case 'text': {
      const text = objectOf(message, 'text');
      return text ? { type: 'text', text: textOf(text, 'body') } : unreadable(type);
    }
    case 'image':
    case 'video':
    case 'sticker':
      return readFile(message, type, type);
    case 'audio':
    case 'voice':
      return readFile(message, type, 'voice');
    case 'document':
      return readFile(message, type, 'document');
    case 'location':
      return readLocation(partOf(message, type)) ?? unreadable(type);
    case 'contacts': {
      const note = describeCards(listOf(message, 'contacts'));
      return note === undefined ? unreadable(type) : { type: 'contact', text: '', note };
    }
    case 'interactive':
      return readInteractive(partOf(message, type)) ?? unreadable(type);
    case 'button':
      return readTemplateButton(partOf(message, type)) ?? unreadable(type);
    case 'reaction':
      return readReaction(partOf(message, type));
    case 'order':
      return readOrder(partOf(message, type)) ?? unreadable(type);
    case 'unsupported':
      return unreadable(textOf(partOf(message, type), 'type', 64) || type);
    default:
      return unreadable(type);
  }
}

/** A file to be fetched by its id: the link that may come along lives for minutes only, and a turn may begin later. */
function readFile(
  message: Params,
  key: string,
  type: 'image' | 'video' | 'sticker' | 'voice' | 'document',
): Content {
  const media = partOf(message, key);
  const ref = wordOf(media, 'id').trim();
  const declaredType = essenceOf(textOf(media, 'mime_type', 256));
  const text = textOf(media, 'caption');
  const fileType = typeOfFile(declaredType);
  const isNamed = type === 'document' && (fileType === 'pdf' || fileType === 'contact');
  return {
    type: isNamed ? fileType : type,
    text,
    // Without its file the person still hears about it.
    attachments: ref === '' ? [] : [{ ref, declaredType, fileName: lineOf(media, 'filename', 255) }],
  };
}

/** A live location looks the same, without name and address. */
function readLocation(place: Params): Content | undefined {
  const latitude = degrees(place, 'latitude', 90);
  const longitude = degrees(place, 'longitude', 180);
  if (latitude === undefined || longitude === undefined) return undefined;
  const location = {
    latitude,
    longitude,
    name: lineOf(place, 'name'),
    address: lineOf(place, 'address', 1024),
  };
  return { type: 'location', text: '', location };
}

function degrees(place: Params, name: string, limit: number): number | undefined {
  const number = numberOf(place, name);
  return number === undefined
    ? degreesOf(place, name, limit)
    : Math.abs(number) <= limit
      ? number
      : undefined;
}

/** A quick reply under one of our templates. */
function readTemplateButton(button: Params): Content | undefined {
  const text = lineOf(button, 'text', 1024);
  const payload = lineOf(button, 'payload', 1024);
  if (text === undefined && payload === undefined) return undefined;
  return { type: 'button', text: text ?? '', button: { text: text ?? '', payload } };
}

/** Taken back when the emoji is empty or missing. Nobody answers a reaction, so it goes under its own name. */
function readReaction(reaction: Params): Content {
  const emoji = lineOf(reaction, 'emoji', 64) ?? '';
  return {
    ...unreadable('reaction'),
    text: emoji,
    note: emoji === '' ? 'Took back a reaction.' : undefined,
    quotedProviderId: messageIdOf(reaction, 'message_id'),
  };
}

function readOrder(order: Params): Content | undefined {
  const note = describeOrder(listOf(order, 'product_items'));
  const text = textOf(order, 'text');
  return note === undefined && text === '' ? undefined : { type: 'text', text, note };
}
