import { type ZipPart, zip } from './zip-fixtures.ts';

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const relationTypes = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const namespaces = `xmlns:r="${relationTypes}" xmlns:w="urn:w" xmlns:a="urn:a" xmlns:p="urn:p" xmlns:mc="urn:mc" xmlns:wp="urn:wp"`;

/** A relationships part: `[id, type, target]`, external where the target is an address. */
export function relations(list: readonly (readonly [id: string, type: string, target: string])[]): string {
  const entries = list.map(([id, type, target]) => {
    const mode = target.includes('://') ? ' TargetMode="External"' : '';
    return `<Relationship Id="${id}" Type="${relationTypes}/${type}" Target="${target}"${mode}/>`;
  });
  return `${head}<Relationships>${entries.join('')}</Relationships>`;
}

/** `text` with the signs of XML escaped. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const mainTypes: Readonly<Record<string, string>> = {
  'word/document.xml': 'wordprocessingml.document',
  'xl/workbook.xml': 'spreadsheetml.sheet',
  'ppt/presentation.xml': 'presentationml.presentation',
};

function office(main: string, parts: Readonly<Record<string, ZipPart>>, title?: string): Buffer {
  const type = `application/vnd.openxmlformats-officedocument.${mainTypes[main]}.main+xml`;
  return zip({
    '[Content_Types].xml': `${head}<Types><Override PartName="/${main}" ContentType="${type}"/></Types>`,
    '_rels/.rels': relations([
      ['rId1', 'officeDocument', main],
      ['rId2', 'metadata/core-properties', 'docProps/core.xml'],
    ]),
    ...(title && {
      'docProps/core.xml': `${head}<cp:coreProperties xmlns:dc="urn:dc"><dc:title>${escapeXml(title)}</dc:title></cp:coreProperties>`,
    }),
    ...parts,
  });
}

/** A paragraph of a Word document, with a style where one is given. */
export function paragraph(text: string, style?: string): string {
  const properties = style ? `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>` : '';
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${escapeXml(text)}</w:t></w:r></w:p>`;
}

/** A Word document of a body in WordprocessingML; `berschrift1` is its heading style, as a German Word names it. */
export function docx(
  body: string,
  more: {
    title?: string;
    relations?: Parameters<typeof relations>[0];
    parts?: Readonly<Record<string, ZipPart>>;
  } = {},
): Buffer {
  const styles = `${head}<w:styles ${namespaces}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="Clause"><w:name w:val="Clause"/><w:basedOn w:val="berschrift1"/></w:style></w:styles>`;
  return office(
    'word/document.xml',
    {
      'word/document.xml': `${head}<w:document ${namespaces}><w:body>${body}</w:body></w:document>`,
      'word/styles.xml': styles,
      'word/_rels/document.xml.rels': relations([
        ['rId1', 'styles', 'styles.xml'],
        ...(more.relations ?? []),
      ]),
      ...more.parts,
    },
    more.title,
  );
}

/** A sheet: its name, its rows in SpreadsheetML, and whether it is hidden. */
export interface SheetFixture {
  readonly name: string;
  readonly rows: ZipPart;
  readonly state?: 'hidden' | 'veryHidden';
}

/** The number formats of `xlsx`, by the style number a cell gives as `s`. */
const formats = ['General', 'dd.mm.yyyy', 'dd.mm.yyyy hh:mm', '0.0%', '#,##0.00 [$€-407]', '[h]:mm'];

/** A workbook. `strings` are the shared ones, which cells point to with `t="s"`. */
export function xlsx(
  sheets: readonly SheetFixture[],
  more: { strings?: readonly string[]; date1904?: boolean; parts?: Readonly<Record<string, ZipPart>> } = {},
): Buffer {
  const list = sheets.map(({ name, state }, at) => {
    const hidden = state ? ` state="${state}"` : '';
    return `<sheet name="${escapeXml(name)}" sheetId="${at + 7}"${hidden} r:id="rId${at + 1}"/>`;
  });
  const numFmts = formats.map(
    (code, at) => `<numFmt numFmtId="${at + 164}" formatCode="${escapeXml(code)}"/>`,
  );
  const cellXfs = formats.map((_, at) => `<xf numFmtId="${at + 164}"/>`);
  return office('xl/workbook.xml', {
    'xl/workbook.xml': `${head}<workbook ${namespaces}><workbookPr${more.date1904 ? ' date1904="1"' : ''}/><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      ...sheets.map((_, at) => [`rId${at + 1}`, 'worksheet', `worksheets/sheet${at + 1}.xml`] as const),
      ['rIdStyles', 'styles', 'styles.xml'],
      ['rIdStrings', 'sharedStrings', '/xl/sharedStrings.xml'],
    ]),
    'xl/styles.xml': `${head}<styleSheet><numFmts>${numFmts.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${cellXfs.join('')}</cellXfs></styleSheet>`,
    'xl/sharedStrings.xml': `${head}<sst>${(more.strings ?? []).map((text) => `<si><t>${escapeXml(text)}</t></si>`).join('')}</sst>`,
    ...Object.fromEntries(
      sheets.map(({ rows }, at) => [
        `xl/worksheets/sheet${at + 1}.xml`,
        typeof rows === 'string'
          ? `${head}<worksheet ${namespaces}><sheetData>${rows}</sheetData></worksheet>`
          : rows,
      ]),
    ),
    ...more.parts,
  });
}

/** A slide: its shapes in PresentationML, its notes, whether it is hidden. */
export interface SlideFixture {
  readonly shapes: string;
  readonly notes?: string;
  readonly hidden?: boolean;
}

/** A shape with text; `place` is the kind of placeholder: `title`, `sldNum`. */
export function shape(text: string, place?: string): string {
  const placeholder = place ? `<p:nvSpPr><p:nvPr><p:ph type="${place}"/></p:nvPr></p:nvSpPr>` : '';
  return `<p:sp>${placeholder}<p:txBody><a:p><a:r><a:t>${escapeXml(text)}</a:t></a:r></a:p></p:txBody></p:sp>`;
}

/** A presentation whose slides are stored in the opposite order of showing. */
export function pptx(slides: readonly SlideFixture[]): Buffer {
  const file = (at: number) => slides.length - at;
  const parts: Record<string, string> = {};
  slides.forEach(({ shapes, notes, hidden }, at) => {
    const name = `slide${file(at)}.xml`;
    parts[`ppt/slides/${name}`] =
      `${head}<p:sld ${namespaces}${hidden ? ' show="0"' : ''}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`;
    if (!notes) return;
    parts[`ppt/slides/_rels/${name}.rels`] = relations([['rId1', 'notesSlide', `../notesSlides/${name}`]]);
    parts[`ppt/notesSlides/${name}`] =
      `${head}<p:notes ${namespaces}>${shape(notes, 'body')}${shape('7', 'sldNum')}</p:notes>`;
  });
  return office('ppt/presentation.xml', {
    'ppt/presentation.xml': `${head}<p:presentation ${namespaces}><p:sldIdLst>${slides.map((_, at) => `<p:sldId id="${256 + at}" r:id="rId${at + 1}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(
      slides.map((_, at) => [`rId${at + 1}`, 'slide', `slides/slide${file(at)}.xml`] as const),
    ),
    ...parts,
  });
}

/** A compound file with the given streams in its directory: an old Office file, or an encrypted one. */
export function compoundFile(streams: readonly string[]): Buffer {
  const file = Buffer.alloc(512 * 4);
  file.write('d0cf11e0a1b11ae1', 'hex');
  file.writeUInt16LE(9, 30);
  file.writeUInt32LE(1, 44);
  // The directory begins in sector 1 and goes on in sector 2; sector 0 is the allocation table.
  file.writeUInt32LE(1, 48);
  file.writeUInt32LE(0, 76);
  [0xfffffffd, 2, 0xfffffffe].forEach((next, sector) => {
    file.writeUInt32LE(next, 512 + sector * 4);
  });
  ['Root Entry', ...streams].forEach((name, at) => {
    const entry = 1024 + at * 128;
    file.write(name, entry, 'utf16le');
    file.writeUInt16LE((name.length + 1) * 2, entry + 64);
  });
  return file;
}
