import type { MarketingPreference } from '#src/domain/channel-event.ts';
import type { Clock } from '#src/ports/system.ts';
import { type Params, textOf } from '../fields.ts';
import type { Contact } from './contacts.ts';
import { timeOf } from './json.ts';
import type { LeftOut, LeftOutReason } from './left-out.ts';
import { merge, type Person, readPerson, toSender } from './sender.ts';

/**
 * Turns one entry of `user_preferences` into what somebody wants: they have stopped, or resumed, marketing messages in WhatsApp's own
 * settings.
 * (https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences)
 */
export function parsePreference(
  preference: Params,
  around: { readonly contactOf: (person: Person) => Contact | undefined; readonly clock: Clock },
): MarketingPreference | LeftOut {
  const category = textOf(preference, 'category', 64);
  const value = textOf(preference, 'value', 64);
  const leaveOut = (leftOut: LeftOutReason): LeftOut => ({ leftOut, what: `preference_${category}` });
  if (category !== 'marketing_messages' || (value !== 'stop' && value !== 'resume'))
    return leaveOut('unknown_state');
  const named = readPerson(preference, {
    phone: 'wa_id',
    bsuid: 'user_id',
    parentBsuid: 'parent_user_id',
  });
  const contact = around.contactOf(named);
  const sender = toSender(contact ? merge(named, contact.person) : named);
  if (!sender) return leaveOut('no_sender');
  const at = timeOf(preference);
  return {
    channel: 'meta',
    person: sender.identities,
    wants: value === 'resume',
    at: at === undefined ? around.clock.now() : new Date(at),
  };
}
