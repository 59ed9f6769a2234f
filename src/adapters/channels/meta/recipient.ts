import { ProviderRefused } from '#src/domain/errors.ts';

const phone = /^\+?([1-9]\d{5,14})$/;
/** Business-scoped user ids, of a person or of a parent business's view of them. */
const bsuid = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

/**
 * Where a message goes: `to` for digits of a phone, `recipient` for a business-scoped user id. Meta takes such an id in `to` as well,
 * answers with a message id and drops the message, so the two must never be mixed up.
 * @throws ProviderRefused for what is neither
 */
export function recipientOf(address: string): { readonly to: string } | { readonly recipient: string } {
  const digits = phone.exec(address)?.[1];
  if (digits) return { to: digits };
  if (bsuid.test(address)) return { recipient: address };
  throw new ProviderRefused('recipient', 'The address is neither a phone number nor a user id', {
    vendorCode: 'bad_address',
  });
}
