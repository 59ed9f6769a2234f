import { MediaUnusable } from '#src/domain/errors.ts';
import type { DocumentFacts } from './document-facts.ts';
import type { Archive } from './open-archive.ts';
import type { PageWriter } from './page-writer.ts';
import { mainPart, type Relation, readRelations } from './part-relations.ts';
import { readXml } from './read-xml.ts';
import { createSectionWriter } from './section-writer.ts';
import { readNumbering } from './word-numbering.ts';
import { readStyles } from './word-styles.ts';
import { type Paragraph, wordText } from './word-text.ts';

/** Parts around the body, in the order in which they are worth reading; a letterhead is in a header. */
const around = [
  { type: 'header', label: 'Page header' },
  { type: 'footer', label: 'Page footer' },
  { type: 'footnotes', label: 'Footnotes' },
  { type: 'endnotes', label: 'Endnotes' },
  { type: 'comments', label: 'Comments' },
] as const;

/** Reads a Word document (ECMA-376 part 1, 17) by its headings. Deleted text of tracked changes is left out. */
export async function readWord(archive: Archive, pages: PageWriter, facts: DocumentFacts): Promise<void> {
  const main = await mainPart(archive);
  if (main === undefined) throw new MediaUnusable('damaged', 'The document has no main part');
  const relations = await readRelations(archive, main);
  const part = (type: string) => relations.find((relation) => relation.type === type)?.target;
  const styles = await readStyles(archive, part('styles'));
  const numbering = await readNumbering(archive, part('numbering'));
  const sections = createSectionWriter(pages);
  const body = wordText({
    links: linksOf(relations),
    paragraph({ text, style: id, outline, list, level }) {
      const style = id === undefined ? undefined : styles.get(id);
      const number = numbering.next({ list: list ?? style?.list, level: level ?? style?.level });
      const heading = outline ?? style?.heading;
      if (text.trim() === '') return;
      const numbered = number === undefined ? text : `${number} ${text}`;
      if (heading !== undefined) sections.heading(heading, numbered);
      else sections.paragraph(numbered);
    },
    picture() {
      facts.hasPictures = true;
    },
  });
  await readXml(archive.read(main), body, () => pages.flush());
  for (const { type, label } of around) {
    const lines = await readAround(archive, relations, type, facts);
    if (lines.length === 0) continue;
    sections.paragraph(`\n[${label}]`);
    for (const line of lines) sections.paragraph(line);
  }
}

/** Each text once: most headers repeat for the first, the odd and the even pages. A broken part is no reason to lose the body. */
async function readAround(
  archive: Archive,
  relations: readonly Relation[],
  type: string,
  facts: DocumentFacts,
): Promise<string[]> {
  const lines = new Set<string>();
  for (const { target } of relations.filter((relation) => relation.type === type && !relation.isExternal)) {
    const paragraph = ({ text, author }: Paragraph): void => {
      if (text.trim() !== '') lines.add(author ? `${author}: ${text}` : text);
    };
    try {
      await readXml(archive.read(target), wordText({ links: new Map(), paragraph, picture: () => {} }));
    } catch (error) {
      if (!(error instanceof MediaUnusable)) throw error;
      facts.isDamaged = true;
    }
  }
  return [...lines];
}

function linksOf(relations: readonly Relation[]): Map<string, string> {
  return new Map(
    relations
      .filter(({ type, isExternal }) => type === 'hyperlink' && isExternal)
      .map(({ id, target }) => [id, target]),
  );
}
