import { deflateSync } from 'node:zlib';
import { PDFDocument, StandardFonts } from 'pdf-lib';

/** A PDF with a text layer: one page an entry. */
export async function textPdf(
  pages: readonly string[],
  options: { title?: string } = {},
): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  if (options.title !== undefined) document.setTitle(options.title);
  const font = await document.embedFont(StandardFonts.Helvetica);
  for (const text of pages) {
    const page = document.addPage([595, 842]);
    page.drawText(text, { x: 40, y: 780, size: 11, lineHeight: 14, font });
  }
  return await document.save();
}

/** Pages of ordinary business text, each beginning with `Page N`. */
export function manyPages(count: number): string[] {
  const line = 'The quick brown fox signed the contract and sent it back before noon on the same day.';
  return Array.from({ length: count }, (_, index) =>
    [`Page ${index + 1}`, ...Array(45).fill(line)].join('\n'),
  );
}

/** A scan: pages that are pictures and hold no letters. */
export async function scannedPdf(jpeg: Uint8Array, pageCount: number): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const picture = await document.embedJpg(jpeg);
  for (let page = 0; page < pageCount; page++) {
    document.addPage([595, 842]).drawImage(picture, { x: 0, y: 0, width: 595, height: 842 });
  }
  return await document.save();
}

/** An object of a hand-made PDF: a dictionary's inside, and a stream's bytes where it has one. */
export interface RawObject {
  readonly dictionary: string;
  readonly stream?: Uint8Array | string;
}

/** Writes a PDF object by object, numbered from 1, with a correct cross-reference table. Object 1 is the catalog. */
export function rawPdf(objects: readonly RawObject[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  let length = parts[0]?.length ?? 0;
  const push = (bytes: Buffer): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  for (const [index, { dictionary, stream }] of objects.entries()) {
    offsets.push(length);
    const bytes = stream === undefined ? undefined : Buffer.from(stream as string);
    push(Buffer.from(`${index + 1} 0 obj\n<<${dictionary}${bytes ? ` /Length ${bytes.length}` : ''}>>\n`));
    if (bytes) push(Buffer.concat([Buffer.from('stream\n'), bytes, Buffer.from('\nendstream\n')]));
    push(Buffer.from('endobj\n'));
  }
  const start = length;
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`));
  push(Buffer.from(`trailer\n<</Size ${objects.length + 1} /Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`));
  return Buffer.concat(parts);
}

/** One page whose content stream is given; `resources` go into its dictionary. */
export function onePagePdf(content: RawObject, resources = '', more: readonly RawObject[] = []): Uint8Array {
  return rawPdf([
    { dictionary: '/Type /Catalog /Pages 2 0 R' },
    { dictionary: '/Type /Pages /Kids [3 0 R] /Count 1' },
    {
      dictionary: `/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <<${resources}>>`,
    },
    content,
    ...more,
  ]);
}

/** A content stream compressed three times over: under a kilobyte in the mail, gigabytes when it is read. */
export function flateBomb(): Uint8Array {
  let stream: Uint8Array = Buffer.alloc(2 ** 30, ' ');
  for (let layer = 0; layer < 3; layer++) stream = deflateSync(stream, { level: 9 });
  return onePagePdf({ dictionary: '/Filter [/FlateDecode /FlateDecode /FlateDecode]', stream });
}

/** The two objects of a page: itself, and its content, which comes right after it. */
function page(objectNumber: number, content: RawObject): readonly [RawObject, RawObject] {
  const font = '/Font <</H <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>';
  const box = '/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]';
  return [{ dictionary: `${box} /Contents ${objectNumber + 1} 0 R /Resources <<${font}>>` }, content];
}

function line(text: string): RawObject {
  return { dictionary: '', stream: `BT /H 12 Tf 40 780 Td (${text}) Tj ET` };
}

/**
 * Readable pages followed by one that nests the graphics state twenty million deep: 40 kB, a minute of reading.
 * Its time is spent between two messages, so only a watch from outside can end it.
 */
export function endlessPdf(firstPages: readonly string[]): Uint8Array {
  const nested = deflateSync('q '.repeat(20_000_000));
  const contents = [...firstPages.map(line), { dictionary: '/Filter /FlateDecode', stream: nested }];
  const kids = contents.map((_, index) => `${3 + index * 2} 0 R`);
  return rawPdf([
    { dictionary: '/Type /Catalog /Pages 2 0 R' },
    { dictionary: `/Type /Pages /Count ${kids.length} /Kids [${kids.join(' ')}]` },
    ...contents.flatMap((content, index) => page(3 + index * 2, content)),
  ]);
}

/** Three pages, of which the second is a node of the page tree that contains itself. */
export function pdfWithBrokenPage(first: string, third: string): Uint8Array {
  return rawPdf([
    { dictionary: '/Type /Catalog /Pages 2 0 R' },
    { dictionary: '/Type /Pages /Count 3 /Kids [3 0 R 5 0 R 6 0 R]' },
    ...page(3, line(first)),
    { dictionary: '/Type /Pages /Count 1 /Kids [5 0 R]' },
    ...page(6, line(third)),
  ]);
}

/** Japanese text in an unembedded font with one of Adobe's predefined encodings: read only where the encoding's table is at hand. */
export function japanesePdf(): Uint8Array {
  // 日本語 in Shift-JIS.
  return onePagePdf(
    { dictionary: '', stream: 'BT /J 24 Tf 40 700 Td <93FA967B8CEA> Tj ET' },
    '/Font <</J 5 0 R>>',
    [
      {
        dictionary:
          '/Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /90ms-RKSJ-H /DescendantFonts [6 0 R]',
      },
      {
        dictionary:
          '/Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo <</Registry (Adobe) /Ordering (Japan1) /Supplement 2>> /FontDescriptor 7 0 R',
      },
      {
        dictionary:
          '/Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80',
      },
    ],
  );
}
