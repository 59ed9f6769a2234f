import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { canonicalPhone } from '#src/domain/phone.ts';

/** A phone number as somebody typed it, in the form it is stored in; undefined when it is none. */
export function toPhone(text: string): string | undefined {
  const phone = parsePhoneNumberFromString(text.replace(/^whatsapp:/, ''));
  return phone?.isPossible() ? canonicalPhone(phone.number) : undefined;
}
