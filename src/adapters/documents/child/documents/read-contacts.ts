import ICAL from 'ical.js';
import { MediaUnusable } from '#src/domain/errors.ts';
import { cleanTitle } from '../../clean-text.ts';
import { normalizeCard } from './card-lines.ts';
import { type Card, describeCard } from './card-words.ts';
import { type RawComponent, readComponents } from './content-lines.ts';
import type { DocumentFacts } from './document-facts.ts';
import type { PageWriter } from './page-writer.ts';
import { createSectionWriter } from './section-writer.ts';

/** Reads contact cards (vCard 2.1, 3.0 and 4.0), one after the other, without their portraits. */
export async function readContacts(path: string, pages: PageWriter, facts: DocumentFacts): Promise<void> {
  const [, ...components] = await readComponents(path, ['VCARD']);
  const sections = createSectionWriter(pages);
  let read = 0;
  for (const component of components) {
    const card = toCard(component);
    if (card === undefined) facts.isDamaged = true;
    else {
      read += 1;
      if (components.length === 1) facts.title = cleanTitle(card.name);
      sections.paragraph(`${read > 1 ? '\n' : ''}${card.words}`);
    }
    await pages.flush();
  }
  if (read === 0) throw new MediaUnusable('damaged', 'No card can be read');
}

function toCard({ lines }: RawComponent): Card | undefined {
  try {
    const jCard = ICAL.parse(normalizeCard(lines).join('\r\n'));
    return describeCard(new ICAL.Component(jCard));
  } catch {
    // The library throws on malformed lines; the other cards may be fine.
    return undefined;
  }
}
