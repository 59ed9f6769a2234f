import { createHash } from 'node:crypto';
import type { InboundMessage, MessageChange } from '#src/domain/message.ts';
import { type Params, textOf } from '../fields.ts';
import type { Contact } from './contacts.ts';
import { type Content, unreadable } from './content.ts';
import { partOf, timeOf } from './json.ts';
import type { LeftOut } from './left-out.ts';
import { merge, type Person, phoneDigits, readContact, readPerson, type Sender, toSender } from './sender.ts';

type IdentityChange = Extract<MessageChange, { kind: 'identities' }>;

interface ChangedPerson {
  /** Who it was. */
  readonly sender: Sender;
  readonly change: IdentityChange;
  readonly content: Content;
}

const notes: Readonly<Record<string, string>> = {
  user_changed_number: 'Changed their phone number.',
  customer_changed_number: 'Changed their phone number.',
  user_changed_user_id: 'Is known to WhatsApp under a new id.',
  customer_identity_changed: 'Has a new security code: a new phone, or WhatsApp installed anew.',
  user_identity_changed: 'Has a new security code: a new phone, or WhatsApp installed anew.',
};

/**
 * Reads a `system` message: a person's number or id is another one from now on. Its `body` says so in a sentence with a name that
 * the person chose, so it is not read.
 * (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/system)
 */
export function readChangedPerson(system: Params, writer: Person): ChangedPerson | LeftOut {
  const type = textOf(system, 'type', 64);
  const note = Object.hasOwn(notes, type) ? notes[type] : undefined;
  if (note === undefined) return { leftOut: 'no_message', what: `system_${type}` };
  const content = { ...unreadable(type), note };
  const current = readPerson(system, { phone: 'wa_id', bsuid: 'user_id', parentBsuid: 'parent_user_id' });
  if (type.endsWith('identity_changed')) {
    // Nothing by which the person is known changes; `customer` is the older name of the number.
    const same = merge(merge(writer, current), { phone: phoneDigits(textOf(system, 'customer', 64)) });
    return changed(same, same, content);
  }
  const newPhone = current.phone ?? phoneDigits(textOf(system, 'new_wa_id', 64));
  const previous = readPerson(system, {
    phone: 'previous_wa_id',
    bsuid: 'previous_user_id',
    parentBsuid: 'previous_parent_user_id',
  });
  return changed(merge(previous, writer), { ...current, phone: newPhone }, content);
}

/**
 * Reads an entry of the older field `user_id_update`, which has no id of its own: repeated it must be the same message, so its id
 * comes from what it says.
 */
export function parseIdUpdate(
  update: Params,
  around: { ownAddress: string; contactOf: (person: Person) => Contact | undefined },
): InboundMessage | LeftOut {
  const user = partOf(update, 'user_id');
  const parent = partOf(update, 'parent_user_id');
  const at = (when: 'previous' | 'current') =>
    readContact({ user_id: textOf(user, when, 256), parent_user_id: textOf(parent, when, 256) });
  const phone = phoneDigits(textOf(update, 'wa_id', 64));
  const content = { ...unreadable('user_id_update'), note: notes.user_changed_user_id };
  const found = changed(at('previous'), { ...at('current'), phone }, content);
  if ('leftOut' in found) return found;
  const said = JSON.stringify([found.sender.identities, found.change.current, timeOf(update)]);
  return {
    channel: 'meta',
    providerId: `user_id_update.${createHash('sha256').update(said).digest('hex')}`,
    sender: found.sender.identities,
    replyAddress: found.change.replyAddress,
    ownAddress: around.ownAddress,
    type: content.type,
    text: '',
    attachments: [],
    forwarded: false,
    sentAtMs: timeOf(update),
    note: content.note,
    change: found.change,
    providerType: content.providerType,
  };
}

/** Without somebody from before nobody is changed, and without somebody from now on there is nothing to change. */
function changed(before: Person, now: Person, content: Content): ChangedPerson | LeftOut {
  const current = toSender(now);
  const sender = before === now ? current : toSender(withoutSame(before, now));
  if (!sender || !current) return { leftOut: 'no_sender', what: content.providerType ?? '' };
  const { identities, replyAddress } = current;
  return { sender, change: { kind: 'identities', current: identities, replyAddress }, content };
}

/** `from` and `from_user_id` may already be the new ones. */
function withoutSame(before: Person, now: Person): Person {
  return {
    phone: before.phone === now.phone ? undefined : before.phone,
    bsuid: before.bsuid === now.bsuid ? undefined : before.bsuid,
    parentBsuid: before.parentBsuid === now.parentBsuid ? undefined : before.parentBsuid,
  };
}
