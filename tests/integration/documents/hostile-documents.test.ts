import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { docx, paragraph, pptx, shape, xlsx } from '#tests/support/office-fixtures.ts';
import { openReadingRoom, problemOf, type ReadingRoom } from '#tests/support/reading-room.ts';
import { zip } from '#tests/support/zip-fixtures.ts';

const signal = new AbortController().signal;
const MB = 1024 * 1024;

async function read(room: ReadingRoom, bytes: Uint8Array | string) {
  const path = await room.file('file', bytes);
  return room.readers.readDocument(path, await room.readers.sniff(path), { maxPages: 100, signal });
}

/** The readers still work: the measure of having survived. */
async function expectReading(room: ReadingRoom): Promise<void> {
  expect((await read(room, docx(paragraph('All is well')))).pages).toEqual([
    { page: 1, text: 'All is well' },
  ]);
}

describe('compression bombs', () => {
  it('are refused by what their directory says, before anything is inflated', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const bomb = xlsx([{ name: 'A', rows: Buffer.alloc(60 * MB, ' ') }]);
    expect(bomb.length).toBeLessThan(100_000);
    expect(await problemOf(read(room, bomb))).toBe('too_complex');
    await expectReading(room);
  });

  it('that lie about their size are cut off at it', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const rows = { bytes: Buffer.alloc(60 * MB, ' '), size: 2000 };
    expect(await problemOf(read(room, xlsx([{ name: 'A', rows }])))).toBe('damaged');
    await expectReading(room);
  });

  it('of many small parts are refused by their number or their sum', async () => {
    const parts = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`word/${at}.xml`, 'x'.repeat(2000)]),
    );
    const bytes = docx(paragraph('Hello'), { parts });
    await using few = await openReadingRoom({ children: 1, maxArchiveParts: 50 });
    expect(await problemOf(read(few, bytes))).toBe('too_complex');
    await using small = await openReadingRoom({ children: 1, maxUnpackedBytes: 100_000 });
    expect(await problemOf(read(small, bytes))).toBe('too_complex');
    await expectReading(small);
  });

  it('inside of an archive stay packed, and so do macros', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const parts = {
      'word/embeddings/bomb.xlsx': zip({ 'xl/workbook.xml': Buffer.alloc(60 * MB) }),
      'word/vbaProject.bin': { bytes: Buffer.from('not even a macro'), crc: 1 },
    };
    expect((await read(room, docx(paragraph('Hello'), { parts }))).pages[0]?.text).toBe('Hello');
  });
});

describe('hostile XML', () => {
  it('has its entities neither expanded nor fetched', async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.end('secret');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using _closing = { [Symbol.asyncDispose]: async () => void server.close() };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await using room = await openReadingRoom({ children: 1 });
    const laughs = `<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "${url}">]>`;
    const body = '<w:p><w:r><w:t>&b; &x; &y;</w:t></w:r></w:p>';
    const parts = { 'word/document.xml': `${laughs}<w:document><w:body>${body}</w:body></w:document>` };
    expect(await problemOf(read(room, docx('', { parts })))).toBe('damaged');
    // Without a DOCTYPE an entity is only a strange word.
    expect((await read(room, docx(body))).pages[0]?.text).toBe('&b; &x; &y;');
    const links: [string, string, string][] = [
      ['rId7', 'header', `${url}header.xml`],
      ['rId8', 'attachedTemplate', `${url}template.dotm`],
    ];
    await read(room, docx(paragraph('Hello'), { relations: links }));
    await read(room, `<html><body><img src="${url}"><iframe src="${url}"></iframe>Hello</body></html>`);
    expect(requests).toBe(0);
  });

  it('nested a million deep costs neither the stack nor the process', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const deep = `${'<w:x>'.repeat(1_000_000)}${paragraph('At the bottom')}`;
    const { pages, stoppedBy } = await read(room, docx(`${paragraph('Above')}${deep}`));
    expect([pages.map(({ text }) => text), stoppedBy]).toEqual([['Above'], 'damaged_pages']);
    await expectReading(room);
    await read(room, `<html><body>${'<div>'.repeat(50_000)}Deep`);
    await expectReading(room);
  });

  it('that points in a circle or out of the archive is read once or not at all', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const relations: [string, string, string][] = [
      ['rId2', 'header', 'document.xml'],
      ['rId3', 'footer', '../../../../../../etc/passwd'],
    ];
    const { pages } = await read(room, docx(paragraph('Hello'), { relations }));
    expect(pages[0]?.text).toBe('Hello\n\n[Page header]\nHello');
  });
});

describe('enormous documents', () => {
  it('give their beginning: a million cells', async () => {
    await using room = await openReadingRoom({ children: 1 });
    const row = (at: number) => `<row>${`<c><v>${Math.sin(at)}</v></c>`.repeat(100)}</row>`;
    const rows = Array.from({ length: 10_000 }, (_, at) => row(at)).join('');
    const { pages, stoppedBy } = await read(room, xlsx([{ name: 'Big', rows }]));
    expect(stoppedBy).toBe('size_limit');
    expect(pages[0]?.text.length).toBeGreaterThan(1_400_000);
    await expectReading(room);
  });

  it('keep what was read when time runs out in the middle of a sheet', async () => {
    await using room = await openReadingRoom({
      children: 1,
      documentTimeoutMs: 2500,
      maxUnpackedRatio: 2000,
    });
    const first = { name: 'First', rows: '<row><c><v>1</v></c></row>' };
    // Empty rows are quick to write and slow to read.
    const endless = {
      name: 'Endless',
      rows: `<row><c><v>2</v></c></row>${'<row r="1" spans="1:9"><c/></row>'.repeat(6_000_000)}`,
    };
    const { pages, pageCount, stoppedBy } = await read(room, xlsx([first, endless]));
    expect([pageCount, stoppedBy]).toEqual([2, 'time_limit']);
    expect(pages.map(({ text }) => text)).toEqual(['1', '2']);
    await expectReading(room);
  });

  it('are stopped by their memory', async () => {
    await using room = await openReadingRoom({ children: 1, residentBytes: 90 * MB });
    const strings = Array.from({ length: 600_000 }, (_, at) => `A text that is its own ${at}`);
    expect(await problemOf(read(room, xlsx([{ name: 'A', rows: '' }], { strings })))).toBe('too_complex');
  });
});

describe('what is called something else', () => {
  it.each([
    ['a page that is only called an office file', '<html><body>Hello</body></html>'],
    ['slides that are called a photo', pptx([{ shapes: shape('Hello') }])],
    ['a text in the wrong container', 'BEGIN:VCARD\nVERSION:3.0\nFN:Hello\nEND:VCARD'],
  ])('is read as what it is: %s', async (_, bytes) => {
    await using room = await openReadingRoom({ children: 1 });
    expect((await read(room, bytes)).pages[0]?.text).toContain('Hello');
  });
});
