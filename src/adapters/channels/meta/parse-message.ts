import type { InboundMessage, MessageChange } from '#src/domain/message.ts';
import { lineOf, type Params, textOf } from '../fields.ts';
import type { Contact } from './contacts.ts';
import { type Content, unreadable } from './content.ts';
import { isSet, messageIdOf, objectOf, partOf, timeOf, wordOf } from './json.ts';
import type { LeftOut, LeftOutReason } from './left-out.ts';
import { readChangedPerson } from './parse-system.ts';
import { readContent } from './read-content.ts';
import { merge, type Person, phoneDigits, readPerson, toSender } from './sender.ts';

/** What a message needs of the `value` it is in. */
export interface Surroundings {
  /** Our phone_number_id. */
  readonly ownAddress: string;
  /** Our number in digits; '' when it is not told. */
  readonly ownPhone: string;
  readonly contactOf: (person: Person) => Contact | undefined;
}

/** Notes are for a reader and a model; more than this is no note. */
const maxNoteUnits = 8_000;

const writer = { phone: 'from', bsuid: 'from_user_id', parentBsuid: 'from_parent_user_id' };

/** Turns one entry of `messages` into a message, or tells why it is none that anybody should hear of. */
export function parseMessage(message: Params, around: Surroundings): InboundMessage | LeftOut {
  const type = typeOf(message) || 'untyped';
  const leaveOut = (leftOut: LeftOutReason): LeftOut => ({ leftOut, what: type });
  const providerId = messageIdOf(message, 'id');
  if (providerId === undefined || type === 'untyped') return leaveOut('malformed');
  if (isFromGroup(message)) return leaveOut('group');
  const named = readPerson(message, writer);
  // Our own words coming back must never be answered.
  if (named.phone !== undefined && named.phone === around.ownPhone) return leaveOut('echo');
  // Somebody opened the chat and has not written yet.
  if (type === 'request_welcome') return leaveOut('no_message');

  const contact = around.contactOf(named);
  const person = contact ? merge(named, contact.person) : named;
  const changed = type === 'system' ? readChangedPerson(partOf(message, 'system'), person) : undefined;
  if (changed && 'leftOut' in changed) return changed;
  const sender = changed?.sender ?? toSender(person);
  if (!sender) return leaveOut('no_sender');

  const change = changed?.change ?? readChange(message, type);
  if (change === 'malformed') return leaveOut('malformed');
  const content = changed?.content ?? readSaid(message, type);
  const context = partOf(message, 'context');
  return {
    channel: 'meta',
    providerId,
    sender: sender.identities,
    replyAddress: changed?.change.replyAddress ?? sender.replyAddress,
    ownAddress: around.ownAddress,
    profileName: contact && lineOf(partOf(contact.given, 'profile'), 'name'),
    type: content.type,
    // May be empty even for `text`: an empty message is still one that somebody sent.
    text: content.text,
    attachments: content.attachments ?? [],
    location: content.location,
    button: content.button,
    quotedProviderId: content.quotedProviderId ?? messageIdOf(context, 'id'),
    forwarded: isSet(context, 'forwarded') || isSet(context, 'frequently_forwarded'),
    sentAtMs: timeOf(message),
    note: joinNotes(content.note, describeProduct(context), describeAd(partOf(message, 'referral'))),
    change,
    providerType: content.providerType,
  };
}

/** Meta's name of a message's type; where it is missing, what is in it; '' when that is nothing. */
export function typeOf(message: Params): string {
  const type = textOf(message, 'type', 64);
  if (type !== '') return type;
  return readable.find((name) => Object.hasOwn(message, name)) ?? '';
}

const readable = [
  'text',
  'image',
  'audio',
  'video',
  'document',
  'sticker',
  'location',
  'contacts',
  'interactive',
  'button',
  'reaction',
  'order',
];

function isFromGroup(message: Params): boolean {
  return textOf(message, 'group_id', 256) !== '' || textOf(message, 'recipient_type', 64) === 'group';
}

function readChange(message: Params, kind: string): MessageChange | undefined | 'malformed' {
  if (kind !== 'edit' && kind !== 'revoke') return undefined;
  const originalProviderId = messageIdOf(partOf(message, kind), 'original_message_id');
  return originalProviderId === undefined ? 'malformed' : { kind, originalProviderId };
}

function readSaid(message: Params, type: string): Content {
  if (type !== 'edit') return readContent(message, type);
  // The words alone: WhatsApp lets people edit texts and captions, and the file is the one that came with the original.
  const edited = objectOf(partOf(message, 'edit'), 'message');
  if (!edited) return unreadable(type);
  return { ...readContent(edited, typeOf(edited)), attachments: [], quotedProviderId: undefined };
}

/** Asked from the page of a product. */
function describeProduct(context: Params): string | undefined {
  const product = partOf(context, 'referred_product');
  const id = lineOf(product, 'product_retailer_id', 100);
  return id && `Asks about the product ${id} of the catalog.`;
}

/** The advertisement or post that led here. */
function describeAd(referral: Params): string | undefined {
  const words = ['headline', 'body', 'source_url'].flatMap((name) => lineOf(referral, name, 1024) ?? []);
  if (words.length === 0) return undefined;
  const source = lineOf(referral, 'source_type', 32) === 'post' ? 'a post' : 'an advertisement';
  return `Came through ${source}: ${words.join(' – ')}`;
}

function joinNotes(...notes: (string | undefined)[]): string | undefined {
  const note = notes.filter(Boolean).join('\n');
  return note === '' ? undefined : note.slice(0, maxNoteUnits).toWellFormed();
}

/** What a `value` tells of our number; each '' when it does not. */
export function readOwn(value: Params): { phoneNumberId: string; ownPhone: string } {
  const metadata = partOf(value, 'metadata');
  const id = wordOf(metadata, 'phone_number_id', 64);
  const shown = textOf(metadata, 'display_phone_number', 64).replaceAll(/\D/g, '');
  return {
    phoneNumberId: /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : '',
    ownPhone: phoneDigits(shown) ?? '',
  };
}
