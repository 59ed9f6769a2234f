import { afterAll, describe, expect, it } from 'vitest';
import type { SheetFixture } from '#tests/support/office-fixtures.ts';
import { docx, paragraph, pptx, shape, xlsx } from '#tests/support/office-fixtures.ts';
import { openReadingRoom, problemOf } from '#tests/support/reading-room.ts';

const room = await openReadingRoom();
afterAll(() => room[Symbol.asyncDispose]());
const signal = new AbortController().signal;

async function read(bytes: Uint8Array, maxPages = 100) {
  const path = await room.file('file', bytes);
  return room.readers.readDocument(path, await room.readers.sniff(path), { maxPages, signal });
}

describe('a Word document', () => {
  const filler = 'The tenant keeps the flat in good order. '.repeat(40);

  it('is read by its headings, whatever the language of the Word that wrote it', async () => {
    const bytes = docx(
      paragraph('Lease', 'berschrift1') +
        paragraph(filler) +
        paragraph('Rent & deposit', 'Clause') +
        paragraph('900 €'),
      { title: 'Lease of 2026' },
    );
    const { title, unit, pageCount, pages, stoppedBy } = await read(bytes);
    expect({ title, unit, pageCount, stoppedBy }).toEqual({
      title: 'Lease of 2026',
      unit: 'section',
      pageCount: 2,
      stoppedBy: undefined,
    });
    expect(pages.map(({ page, name }) => [page, name])).toEqual([
      [1, 'Lease'],
      [2, 'Rent & deposit'],
    ]);
    expect(pages[1]?.text).toBe('# Rent & deposit\n900 €');
  });

  it('gives tables as rows, lists as lists, tabs, breaks and links', async () => {
    const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
    const row = (...texts: string[]) => `<w:tr>${texts.map(cell).join('')}</w:tr>`;
    const bytes = docx(
      `<w:tbl>${row('Month', 'Rent')}${row('May', '900')}</w:tbl>
       <w:p><w:pPr><w:tabs><w:tab w:pos="1"/></w:tabs><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>keys</w:t><w:tab/><w:t>2</w:t><w:br/><w:t>both new</w:t></w:r></w:p>
       <w:p><w:hyperlink r:id="rId9"><w:r><w:t>the terms</w:t></w:r></w:hyperlink></w:p>`,
      { relations: [['rId9', 'hyperlink', 'https://example.com/terms']] },
    );
    expect((await read(bytes)).pages[0]?.text).toBe(
      'Month | Rent\nMay | 900\n- keys\t2\nboth new\nthe terms (https://example.com/terms)',
    );
  });

  it('leaves out what was deleted and what repeats, and adds notes, comments and the letterhead once', async () => {
    const bytes = docx(
      `<w:p><w:r><w:t>Notice: </w:t></w:r><w:del><w:r><w:delText>four</w:delText></w:r></w:del><w:ins><w:r><w:t>three months</w:t></w:r></w:ins><w:r><w:footnoteReference w:id="2"/></w:r></w:p>
       <w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>${paragraph('In a box')}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>${paragraph('In a box')}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>
       <w:moveFrom><w:p><w:r><w:t>moved away</w:t></w:r></w:p></w:moveFrom><w:p><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>`,
      {
        relations: [
          ['rId2', 'header', 'header1.xml'],
          ['rId3', 'header', 'header2.xml'],
          ['rId4', 'footnotes', 'footnotes.xml'],
          ['rId5', 'comments', 'comments.xml'],
        ],
        parts: {
          'word/header1.xml': `<w:hdr>${paragraph('Ana Property Ltd')}</w:hdr>`,
          'word/header2.xml': `<w:hdr>${paragraph('Ana Property Ltd')}</w:hdr>`,
          'word/footnotes.xml': `<w:footnotes><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2">${paragraph('In writing.')}</w:footnote></w:footnotes>`,
          'word/comments.xml': `<w:comments><w:comment w:author="Ben">${paragraph('Too short?')}</w:comment></w:comments>`,
        },
      },
    );
    expect((await read(bytes)).pages[0]?.text).toBe(
      [
        'Notice: three months[2]',
        'In a box',
        '',
        '[Page header]',
        'Ana Property Ltd',
        '',
        '[Footnotes]',
        '[2] In writing.',
        '',
        '[Comments]',
        'Ben: Too short?',
      ].join('\n'),
    );
  });

  it('counts its numbered clauses as Word would show them', async () => {
    const item = (text: string, level: number, list = 4) =>
      `<w:p><w:pPr><w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr></w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
    const level = (at: number, format: string, text: string) =>
      `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
    const form = level(0, 'decimal', '%1.') + level(1, 'decimal', '%1.%2') + level(2, 'lowerRoman', '(%3)');
    const numbering = `<w:numbering><w:abstractNum w:abstractNumId="9">${form}</w:abstractNum><w:num w:numId="4"><w:abstractNumId w:val="9"/></w:num><w:num w:numId="5"><w:abstractNumId w:val="9"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num></w:numbering>`;
    const body =
      item('Rent', 0) +
      item('Amount', 1) +
      item('monthly', 2) +
      item('late', 2) +
      item('Deposit', 1) +
      item('Notice', 0) +
      item('Three months', 1) +
      item('Annex', 0, 5) +
      item('no form', 0, 77);
    const bytes = docx(body, {
      relations: [['rId2', 'numbering', 'numbering.xml']],
      parts: { 'word/numbering.xml': numbering },
    });
    expect((await read(bytes)).pages[0]?.text.split('\n')).toEqual([
      '1. Rent',
      '1.1 Amount',
      '(i) monthly',
      '(ii) late',
      '1.2 Deposit',
      '2. Notice',
      '2.1 Three months',
      '1. Annex',
      '- no form',
    ]);
  });

  it('without headings is cut into sections of about a page, and stops at the limit', async () => {
    const bytes = docx(paragraph(filler).repeat(12));
    const { pages, pageCount, stoppedBy } = await read(bytes, 3);
    expect([pages.map(({ page }) => page), pageCount, stoppedBy]).toEqual([[1, 2, 3], 3, 'page_limit']);
    for (const { text } of pages) expect(text.length).toBeLessThan(7000);
  });

  it('of nothing, or of pictures only, says so', async () => {
    expect(await problemOf(read(docx('<w:p/>')))).toBe('empty');
    const picture = '<w:p><w:r><w:drawing><wp:docPr id="1"/></w:drawing></w:r></w:p>';
    await expect(read(docx(picture))).rejects.toMatchObject({ problem: 'empty', detail: 'pictures' });
  });
});

describe('a workbook', () => {
  const plain: SheetFixture = { name: 'Plan', rows: '<row><c t="s"><v>0</v></c></row>' };

  it('is read sheet by sheet, a line a row, with what its program last computed', async () => {
    const rows = `
      <row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="inlineStr"><is><r><t>No</t></r><r><t>te</t></r></is></c></row>
      <row r="2"/>
      <row r="3"><c r="A3" s="1"><v>46085</v></c><c r="B3" s="4"><f>B1*2</f><v>1234.5</v></c><c r="C3" t="b"><v>1</v></c><c r="D3" t="e"><v>#N/A</v></c></row>
      <row r="4"><c r="A4" s="2"><v>46085.4305555555</v></c><c r="B4" s="3"><v>0.25</v></c><c r="C4" s="5"><v>1.5</v></c><c r="D4"><f>SUM(A1:A3)</f></c></row>
      <row r="5"><c r="B5" t="str"><f>A1</f><v>two
lines</v></c><c r="XFD5"><v>0.30000000000000004</v></c></row>`;
    const { unit, pageCount, pages } = await read(
      xlsx(
        [
          { name: 'Budget & more', rows },
          { ...plain, state: 'veryHidden' },
        ],
        { strings: ['Date', 'Amount'] },
      ),
    );
    expect({ unit, pageCount }).toEqual({ unit: 'sheet', pageCount: 2 });
    expect(pages[0]).toEqual({
      page: 1,
      name: 'Budget & more',
      text: [
        'Date | Amount |  | Note',
        '2026-03-04 | 1234.5 € | TRUE | #N/A',
        '2026-03-04 10:20 | 25% | 36:00 | =SUM(A1:A3)',
        ' | two lines | [column XFD] 0.3',
      ].join('\n'),
    });
    expect(pages[1]).toEqual({ page: 2, name: 'Plan', hidden: true, text: 'Date' });
  });

  it('counts its days from 1904 where an old Mac wrote it', async () => {
    const rows = '<row><c s="1"><v>44623</v></c></row>';
    expect((await read(xlsx([{ name: 'A', rows }], { date1904: true }))).pages[0]?.text).toBe('2026-03-04');
  });

  it('keeps the sheets that are whole when one is broken', async () => {
    const bytes = xlsx(
      [
        plain,
        { name: 'Broken', rows: { bytes: Buffer.from('<worksheet/>'), crc: 1 } },
        { ...plain, name: 'Last' },
      ],
      { strings: ['whole'] },
    );
    const { pages, pageCount, stoppedBy } = await read(bytes);
    expect(pages.filter(({ text }) => text === 'whole').map(({ name }) => name)).toEqual(['Plan', 'Last']);
    expect([pageCount, stoppedBy]).toEqual([3, 'damaged_pages']);
  });

  it('of more sheets than are read names those that were', async () => {
    const { pages, pageCount, stoppedBy } = await read(
      xlsx([plain, { ...plain, name: 'Two' }, { ...plain, name: 'Three' }], { strings: ['x'] }),
      2,
    );
    expect([pages.map(({ name }) => name), pageCount, stoppedBy]).toEqual([['Plan', 'Two'], 3, 'page_limit']);
  });
});

describe('a presentation', () => {
  it('is read in the order of showing, with titles, tables and notes', async () => {
    const table = `<p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>Q1</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>12</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame>`;
    const { unit, pages, pageCount } = await read(
      pptx([
        { shapes: shape('Welcome', 'ctrTitle') + shape('1', 'sldNum'), notes: 'Smile.' },
        { shapes: shape('Numbers', 'title') + table, hidden: true },
      ]),
    );
    expect({ unit, pageCount }).toEqual({ unit: 'slide', pageCount: 2 });
    expect(pages).toEqual([
      { page: 1, name: 'Welcome', text: 'Welcome\nNotes:\nSmile.' },
      { page: 2, name: 'Numbers', hidden: true, text: 'Numbers\nQ1 | 12' },
    ]);
  });

  it('of pictures only says so', async () => {
    await expect(read(pptx([{ shapes: '<p:pic/>' }]))).rejects.toMatchObject({
      problem: 'empty',
      detail: 'pictures',
    });
  });
});
