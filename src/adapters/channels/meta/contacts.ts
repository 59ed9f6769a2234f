import { canonicalPhone } from '#src/domain/phone.ts';
import type { Params } from '../fields.ts';
import { objectsOf } from './json.ts';
import { type Person, readContact } from './sender.ts';

/** An entry of `contacts`: whom it is about, and the whole of it. */
export interface Contact {
  readonly person: Person;
  readonly given: Params;
}

/**
 * Finds whom of the `contacts` a message is from: by phone or user id, never by its place, as a batch may list them in any order.
 * Who contradicts the message in one of both is somebody else.
 */
export function createContactFinder(value: Params): (person: Person) => Contact | undefined {
  const contacts = objectsOf(value, 'contacts').map((given) => ({ person: readContact(given), given }));
  const byKey = new Map<string, Contact>();
  for (const contact of contacts) {
    for (const key of keysOf(contact.person)) if (!byKey.has(key)) byKey.set(key, contact);
  }
  const [first, second] = contacts;

  return (person) => {
    const keys = keysOf(person);
    // A message that says nothing of its sender is from the only person it could be from.
    if (keys.length === 0) return second || person.parentBsuid ? undefined : first;
    return keys.map((key) => byKey.get(key)).find((contact) => contact && fits(contact.person, person));
  };
}

function keysOf({ bsuid, phone }: Person): string[] {
  return [...(bsuid ? [bsuid] : []), ...(phone ? [canonicalPhone(phone)] : [])];
}

function fits(contact: Person, person: Person): boolean {
  const isOther = (mine: string | undefined, its: string | undefined) => mine && its && mine !== its;
  return !(
    isOther(contact.bsuid, person.bsuid) ||
    isOther(contact.phone && canonicalPhone(contact.phone), person.phone && canonicalPhone(person.phone))
  );
}
