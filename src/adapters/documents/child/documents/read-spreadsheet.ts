import { MediaUnusable } from '#src/domain/errors.ts';
import { type CellFormat, readCellFormats } from './cell-formats.ts';
import type { DocumentFacts } from './document-facts.ts';
import type { Archive } from './open-archive.ts';
import type { PageWriter } from './page-writer.ts';
import { mainPart, readRelations } from './part-relations.ts';
import { attribute, isOn, readXml } from './read-xml.ts';
import { readSharedStrings } from './shared-strings.ts';
import { sheetRows } from './sheet-rows.ts';

interface Sheet {
  readonly name: string;
  readonly part: string | undefined;
  readonly hidden: boolean;
}

/** Reads a workbook (ECMA-376 part 1, 18) sheet by sheet, one line a row, with the values its program last computed. */
export async function readSpreadsheet(
  archive: Archive,
  pages: PageWriter,
  facts: DocumentFacts,
): Promise<void> {
  const main = await mainPart(archive);
  if (main === undefined) throw new MediaUnusable('damaged', 'The workbook has no main part');
  const relations = await readRelations(archive, main);
  const part = (type: string) => relations.find((relation) => relation.type === type)?.target;
  const { sheets, is1904 } = await readWorkbook(
    archive,
    main,
    new Map(relations.map(({ id, target }) => [id, target])),
  );
  pages.pageCount = sheets.length;
  const formats: readonly CellFormat[] = await readCellFormats(archive, part('styles'));
  const strings = await readSharedStrings(archive, part('sharedStrings'));
  if (strings.isCut) facts.isDamaged = true;
  let lastError: unknown;
  for (const { name, part: sheet, hidden } of sheets) {
    if (sheet === undefined || !archive.has(sheet)) {
      pages.skip();
      lastError ??= new MediaUnusable('damaged', 'A sheet is missing');
      continue;
    }
    pages.begin({ name, hidden });
    const rows = sheetRows({
      strings: strings.list,
      formats,
      is1904,
      row: (line) => pages.write(`${line}\n`),
    });
    try {
      await readXml(archive.read(sheet), rows, () => pages.flush());
    } catch (error) {
      if (!(error instanceof MediaUnusable)) throw error;
      lastError = error;
    }
  }
  if (!lastError) return;
  if (!pages.hasText) throw lastError;
  facts.isDamaged = true;
}

async function readWorkbook(
  archive: Archive,
  main: string,
  parts: ReadonlyMap<string, string>,
): Promise<{ sheets: Sheet[]; is1904: boolean }> {
  const sheets: Sheet[] = [];
  let is1904 = false;
  await readXml(archive.read(main), {
    open(name, attributes) {
      if (name === 'workbookPr') is1904 = attributes.date1904 !== undefined && isOn(attributes.date1904);
      // `sheetId` also ends in "id", but without the colon of a prefix.
      if (name !== 'sheet') return;
      const part = parts.get(attribute(attributes, 'id') ?? '');
      // A chart sheet has no cells.
      if (part !== undefined && /chartsheets?\//i.test(part)) return;
      const hidden = attributes.state === 'hidden' || attributes.state === 'veryHidden';
      sheets.push({ name: attributes.name ?? '', part, hidden });
    },
  });
  if (sheets.length === 0) throw new MediaUnusable('empty', 'The workbook has no sheets');
  return { sheets, is1904 };
}
