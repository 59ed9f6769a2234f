import type { ChannelEvent } from '#src/domain/channel-event.ts';
import type { InboundMessage } from '#src/domain/message.ts';
import type { WebhookContent } from '#src/ports/channel.ts';
import type { Clock, Log } from '#src/ports/system.ts';
import { isParams, type Params, textOf } from '../fields.ts';
import { createContactFinder } from './contacts.ts';
import { listOf, partOf } from './json.ts';
import { createLeftOuts, type LeftOut, type LeftOuts } from './left-out.ts';
import { isAccountField, parseAccount, parseValueError } from './parse-account.ts';
import { parseMessage, readOwn, typeOf } from './parse-message.ts';
import { parsePreference } from './parse-preference.ts';
import { parseStatus } from './parse-status.ts';
import { parseIdUpdate } from './parse-system.ts';
import { isTemplateField, parseTemplate } from './parse-template.ts';

/** What reading a webhook needs. */
export interface ReadingDeps {
  /** Ours; what is for another number is left out. Undefined takes all numbers of the account. */
  readonly phoneNumberId: string | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

/** What of a webhook was read so far. */
interface Found {
  readonly messages: Map<string, InboundMessage>;
  readonly events: ChannelEvent[];
  readonly leftOuts: LeftOuts;
}

/** Fields with conversations that are not ours to answer: another sender's, the phone app's, and old ones. */
const silentFields = new Map<string, LeftOut['leftOut']>([
  ['smb_message_echoes', 'echo'],
  ['message_echoes', 'echo'],
  ['standby', 'standby'],
]);

/**
 * Reads a webhook of Meta's: up to 1,000 updates in `entry[].changes[].value`, of any kind in any order. Each is read on its own:
 * what is wrong with one is counted for the log and costs no other.
 * (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview)
 */
export function readMetaWebhook(body: unknown, deps: ReadingDeps): WebhookContent {
  const leftOuts = createLeftOuts(deps.log);
  const found: Found = { messages: new Map(), events: [], leftOuts };
  const given = isParams(body) ? body : {};
  const object = textOf(given, 'object', 64);
  if (object !== 'whatsapp_business_account') leftOuts.add({ leftOut: 'other_object', what: object });
  else {
    each(given, 'entry', found, (entry) =>
      each(entry, 'changes', found, (change) => readChange(change, found, deps)),
    );
  }
  leftOuts.tell();
  return { messages: [...found.messages.values()], events: found.events };
}

/** Fields of one form, with what people did, and with what became of ours. */
const conversationFields: readonly string[] = ['messages', 'user_id_update', 'user_preferences'];

function readChange(change: Params, found: Found, deps: ReadingDeps): void {
  const field = textOf(change, 'field', 64);
  const isOurs = conversationFields.includes(field);
  const isKnown = isOurs || isTemplateField(field) || isAccountField(field);
  const { value } = change;
  if (!isKnown) {
    found.leftOuts.add({ leftOut: silentFields.get(field) ?? 'other_field', what: field });
  } else if (!isParams(value)) {
    found.leftOuts.add({ leftOut: 'malformed', what: field });
  } else if (isTemplateField(field)) {
    addEvent(parseTemplate(field, value), 'template', found);
  } else if (isOurs) {
    readConversations(value, found, deps);
  } else {
    addEvent(parseAccount(field, value), 'account', found);
  }
}

/** A `value` of such a field; one may hold messages, statuses and errors at once. */
function readConversations(value: Params, found: Found, { phoneNumberId, clock }: ReadingDeps): void {
  const { phoneNumberId: given, ownPhone } = readOwn(value);
  if (phoneNumberId !== undefined && given !== '' && given !== phoneNumberId) {
    for (const what of [...conversationFields, 'statuses', 'errors']) {
      each(value, what, found, () => found.leftOuts.add({ leftOut: 'other_number', what }));
    }
    return;
  }
  const ownAddress = given || (phoneNumberId ?? '');
  const around = { ownAddress, ownPhone, contactOf: createContactFinder(value), clock };
  each(value, 'messages', found, (message) => addMessage(parseMessage(message, around), message, found));
  each(value, 'user_id_update', found, (update) => addMessage(parseIdUpdate(update, around), update, found));
  each(value, 'user_preferences', found, (given) =>
    addEvent(parsePreference(given, around), 'preference', found),
  );
  each(value, 'statuses', found, (status) => addEvent(parseStatus(status, clock), 'delivery', found));
  each(value, 'errors', found, (error) => addEvent(parseValueError(error), 'account', found));
  // The same under a field that is ours: a number shared with the phone app, or an agent of Meta's that answers.
  for (const name of ['message_echoes', 'standby']) {
    each(value, name, found, () => found.leftOuts.add({ leftOut: 'echo', what: name }));
  }
}

function addMessage(read: InboundMessage | LeftOut, given: Params, found: Found): void {
  if ('leftOut' in read) found.leftOuts.add(read);
  else if (found.messages.has(read.providerId))
    found.leftOuts.add({ leftOut: 'repeated', what: typeOf(given) });
  else found.messages.set(read.providerId, read);
}

type Kind = ChannelEvent['kind'];
type ReportOf<K extends Kind> = Extract<ChannelEvent, { kind: K }>['report'];

function addEvent<K extends Kind>(read: ReportOf<K> | LeftOut, kind: K, found: Found): void {
  if ('leftOut' in read) found.leftOuts.add(read);
  else found.events.push({ kind, report: read } as ChannelEvent);
}

/** Goes through a list, whatever becomes of its single entries. What is no list holds nothing. */
function each(given: Params, name: string, { leftOuts }: Found, read: (entry: Params) => void): void {
  if (Object.hasOwn(given, name) && !Array.isArray(given[name])) {
    leftOuts.add({ leftOut: 'malformed', what: name });
  }
  for (const entry of listOf(given, name)) {
    try {
      if (isParams(entry)) read(entry);
      else leftOuts.add({ leftOut: 'malformed', what: name });
    } catch (error) {
      leftOuts.add({ leftOut: 'failed', what: `${name}_${textOf(partOf({ entry }, 'entry'), 'type', 32)}` });
      leftOuts.blame(error);
    }
  }
}
