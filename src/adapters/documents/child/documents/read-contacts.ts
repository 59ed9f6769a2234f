import ICAL from 'ical.js';
import { MediaUnusable } from '#src/domain/errors.ts';
import { cleanTitle } from '../../clean-text.ts';
import { modernizeLine, normalizeCard } from './card-lines.ts';
import { type Card, describeCard } from './card-words.ts';
import { type RawComponent, readComponents } from './content-lines.ts';
import type { DocumentFacts } from './document-facts.ts';
import { unread } from './mend-times.ts';
import type { PageWriter } from './page-writer.ts';
import { contentOf, type LenientReading, readLeniently, withoutParameters } from './readable-lines.ts';
import { createSectionWriter } from './section-writer.ts';

/** Reads contact cards (vCard 2.1, 3.0 and 4.0), one after the other, without their portraits. */
export async function readContacts(path: string, pages: PageWriter, facts: DocumentFacts): Promise<void> {
  const [, ...components] = await readComponents(path, ['VCARD']);
  const sections = createSectionWriter(pages);
  let read = 0;
  for (const component of components) {
    const card = readCard(component);
    if (!card?.isWhole || component.isCut) facts.isDamaged = true;
    if (card) {
      read += 1;
      if (components.length === 1) facts.title = cleanTitle(card.value.name);
      sections.paragraph(`${read > 1 ? '\n' : ''}${card.value.words}`);
    }
    await pages.flush();
  }
  if (read === 0) throw new MediaUnusable('damaged', 'No card can be read');
}

function readCard({ lines }: RawComponent): LenientReading<Card> | undefined {
  const all = contentOf(normalizeCard(lines));
  // The library tells versions apart by the first line.
  const version = all.filter((line) => /^VERSION:\s*[34]\.0\s*$/i.test(line)).slice(0, 1);
  const describe = (some: readonly string[]) =>
    describeCard(
      new ICAL.Component(ICAL.parse(['BEGIN:VCARD', ...version, ...some, 'END:VCARD'].join('\r\n'))),
    );
  return readLeniently(
    all.filter((line) => !/^VERSION[;:]/i.test(line)),
    describe,
    (line) => [modernizeLine(line, false), withoutParameters(line), ...unreadDate(line)],
  );
}

/** A birthday that is no date is still somebody's birthday. */
function unreadDate(line: string): string[] {
  const [, name, value] = /^(BDAY|ANNIVERSARY)(?:;[^:]*)?:(.*)$/i.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [unread(name, value)];
}
