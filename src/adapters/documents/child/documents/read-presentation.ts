import { MediaUnusable } from '#src/domain/errors.ts';
import type { DocumentFacts } from './document-facts.ts';
import type { Archive } from './open-archive.ts';
import type { PageWriter } from './page-writer.ts';
import { mainPart, readRelations } from './part-relations.ts';
import { readXml } from './read-xml.ts';
import { slideText } from './slide-text.ts';

/** Reads a presentation (ECMA-376 part 1, 19) slide by slide, each with its title and the speaker's notes. */
export async function readPresentation(
  archive: Archive,
  pages: PageWriter,
  facts: DocumentFacts,
): Promise<void> {
  const main = await mainPart(archive);
  if (main === undefined) throw new MediaUnusable('damaged', 'The presentation has no main part');
  const parts = new Map((await readRelations(archive, main)).map(({ id, target }) => [id, target]));
  const slides: (string | undefined)[] = [];
  await readXml(archive.read(main), {
    open(name, attributes) {
      // A slide's own number is called `id` as well, without a prefix.
      const relation = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1];
      if (name === 'sldId') slides.push(parts.get(relation ?? ''));
    },
  });
  pages.pageCount = slides.length;
  let lastError: unknown;
  for (const slide of slides) {
    try {
      if (slide === undefined || !archive.has(slide))
        throw new MediaUnusable('damaged', 'A slide is missing');
      await readSlide(archive, slide, pages, facts);
    } catch (error) {
      if (!(error instanceof MediaUnusable)) throw error;
      pages.skip();
      lastError = error;
    }
    await pages.flush();
  }
  if (!lastError) return;
  if (!pages.hasText) throw lastError;
  facts.isDamaged = true;
}

async function readSlide(
  archive: Archive,
  slide: string,
  pages: PageWriter,
  facts: DocumentFacts,
): Promise<void> {
  const shown = slideText();
  await readXml(archive.read(slide), shown.handlers);
  const lines = [...shown.lines];
  for (const { type, target, isExternal } of await readRelations(archive, slide)) {
    if (isExternal) continue;
    // The words of a diagram are in a part of their own.
    if (type === 'diagramData' || type === 'notesSlide') {
      const more = slideText();
      await readXml(archive.read(target), more.handlers);
      if (more.lines.length > 0 && type === 'notesSlide') lines.push('Notes:');
      lines.push(...more.lines);
    }
  }
  facts.hasPictures ||= shown.hasPictures;
  pages.begin({ name: shown.title, hidden: shown.isHidden });
  pages.write(lines.map((line) => `${line}\n`).join(''));
}
