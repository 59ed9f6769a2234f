import type { Identity, IdentityKind } from '#src/domain/identity.ts';
import { canonicalPhone } from '#src/domain/phone.ts';
import { matchOf, type Params, textOf } from '../fields.ts';

/** A plus that was not escaped in a form arrives as a space. */
const phoneAddress = /^whatsapp:[+ ]?([1-9]\d{5,14})$/;
const bsuidAddress = /^(?:whatsapp:)?([A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128})$/;

/** Who wrote, and where an answer goes. */
export interface Sender {
  readonly identities: readonly Identity[];
  readonly replyAddress: string;
}

/**
 * Reads every identity a webhook reveals, strongest first: phone, business-scoped user id, its parent, username. WhatsApp may hide
 * the phone; then `From` carries the business-scoped id. The scope is '' for all of them: this product serves one business, within
 * which business-scoped ids are unique. Ids that make no sense are left out, as they must never cost a message.
 * @returns undefined when `From` is no WhatsApp address
 */
export function readSender(params: Params): Sender | undefined {
  const from = textOf(params, 'From', 256);
  const fromPhone = phoneAddress.exec(from)?.[1];
  const fromBsuid = from.startsWith('whatsapp:') ? bsuidAddress.exec(from)?.[1] : undefined;
  if (!fromPhone && !fromBsuid) return undefined;

  const hiddenPhone = fromPhone ? undefined : matchOf(params, 'WaId', /^[1-9]\d{5,14}$/);
  const phone = fromPhone ?? hiddenPhone;
  const values: [IdentityKind, string | undefined][] = [
    ['phone', phone && canonicalPhone(phone)],
    [
      'bsuid',
      fromBsuid ?? readBsuid(params, 'ExternalUserId') ?? readBsuid(params, 'ExternalUserIdentifier'),
    ],
    [
      'parent_bsuid',
      readBsuid(params, 'ParentExternalUserId') ?? readBsuid(params, 'ParentExternalUserIdentifier'),
    ],
    ['username', readUsername(params, 'ProfileUsername') ?? readUsername(params, 'Username')],
  ];
  return {
    identities: values.flatMap(([kind, value]) => (value ? [{ kind, scope: '', value }] : [])),
    // Sending to a business-scoped id is not dependable yet, so a known phone is preferred. The spelling of a phone is the
    // sender's own: the canonical one of Brazil or Mexico may be another WhatsApp account, or none.
    replyAddress: phone ? `whatsapp:+${phone}` : from,
  };
}

/** Our own number in `To`, in the channel's form; '' when it makes no sense. */
export function readOwnAddress(params: Params): string {
  const digits = phoneAddress.exec(textOf(params, 'To', 256))?.[1];
  return digits ? `whatsapp:+${digits}` : '';
}

function readBsuid(params: Params, name: string): string | undefined {
  return bsuidAddress.exec(textOf(params, name, 256))?.[1];
}

function readUsername(params: Params, name: string): string | undefined {
  return matchOf(params, name, /^@?[A-Za-z0-9._]{1,64}$/)
    ?.replace('@', '')
    .toLowerCase();
}
