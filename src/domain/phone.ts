/**
 * The one form under which a phone number is stored and compared. Brazil, Mexico and Argentina each have two spellings of the
 * same mobile number, and WhatsApp uses either: both must be the same person.
 * @param e164 with or without plus, digits otherwise
 */
export function canonicalPhone(e164: string): string {
  const digits = e164.replace(/\D/g, '');
  // Brazil: mobile numbers got a leading 9 after the area code; WhatsApp ids of older accounts lack it.
  const brazil = /^55(\d{2})([6-9]\d{7})$/.exec(digits);
  if (brazil) return `+55${brazil[1]}9${brazil[2]}`;
  // Mexico: +52 1 was the mobile form until 2020 and still appears in WhatsApp ids.
  const mexico = /^521(\d{10})$/.exec(digits);
  if (mexico) return `+52${mexico[1]}`;
  // Argentina: mobiles carry a 9 after the country code when called from abroad; national lists leave it out.
  const argentina = /^54([1-8]\d{9})$/.exec(digits);
  if (argentina) return `+549${argentina[1]}`;
  return `+${digits}`;
}
