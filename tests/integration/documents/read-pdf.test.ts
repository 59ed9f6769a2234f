import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photo } from '#tests/support/image-fixtures.ts';
import {
  japanesePdf,
  manyPages,
  pdfWithBrokenPage,
  scannedPdf,
  textPdf,
} from '#tests/support/pdf-fixtures.ts';
import { fixture, openReadingRoom, problemOf, type ReadingRoom } from '#tests/support/reading-room.ts';

let room: ReadingRoom;
beforeAll(async () => {
  room = await openReadingRoom();
});
afterAll(() => room[Symbol.asyncDispose]());

const signal = new AbortController().signal;
const read = (path: string, maxPages = 100) => room.readers.readPdf(path, { maxPages, signal });

describe('reading a PDF', () => {
  it('gives the text with page numbers, and the title', async () => {
    const path = await room.file(
      'offer.pdf',
      await textPdf(['First page\nsecond line', 'Last page'], { title: 'Our offer' }),
    );
    expect(await read(path)).toEqual({
      title: 'Our offer',
      pageCount: 2,
      pages: [
        { page: 1, text: 'First page\nsecond line' },
        { page: 2, text: 'Last page' },
      ],
      stoppedBy: undefined,
    });
  });

  it('cleans and shortens the title', async () => {
    const path = await room.file(
      'title.pdf',
      await textPdf(['x'], { title: `A\u0000\u0007\n title ${'long '.repeat(100)}` }),
    );
    const { title } = await read(path);
    expect(title).toMatch(/^A title long long/);
    expect(title?.length).toBeLessThanOrEqual(200);
  });

  it('reads a long document completely and in order', async () => {
    const path = await room.file('report.pdf', await textPdf(manyPages(117)));
    const { pages, pageCount, stoppedBy } = await read(path, 200);
    expect([pageCount, stoppedBy]).toEqual([117, undefined]);
    expect(pages.map(({ text }) => text.split('\n')[0])).toEqual(
      manyPages(117).map((text) => text.split('\n')[0]),
    );
  });

  it('stops at the page limit and says so', async () => {
    const path = await room.file('limit.pdf', await textPdf(manyPages(7)));
    const { pages, pageCount, stoppedBy } = await read(path, 3);
    expect([pages.map(({ page }) => page), pageCount, stoppedBy]).toEqual([[1, 2, 3], 7, 'page_limit']);
  });

  it('stops at the size limit and keeps what fits', async () => {
    await using small = await openReadingRoom({ maxCharacters: 10_000 });
    const path = await small.file('large.pdf', await textPdf(manyPages(20)));
    const { pages, pageCount, stoppedBy } = await small.readers.readPdf(path, { maxPages: 200, signal });
    expect([pageCount, stoppedBy]).toEqual([20, 'size_limit']);
    expect(pages.map(({ text }) => text).join('').length).toBe(10_000);
  });

  it('finds no letters in a scan', async () => {
    const path = await room.file('scan.pdf', await scannedPdf(await photo(300, 400).jpeg().toBuffer(), 3));
    expect((await read(path)).pages).toEqual([1, 2, 3].map((page) => ({ page, text: '' })));
  });

  it('reads Japanese in a font that is not embedded', async () => {
    const path = await room.file('japanese.pdf', japanesePdf());
    expect((await read(path)).pages).toEqual([{ page: 1, text: '日本語' }]);
  });

  it('asks for no password where only printing and copying are restricted', async () => {
    expect((await read(fixture('pdf/owner-password-only.pdf'))).pages[0]?.text).toContain('Hi');
  });

  it('reads the other pages when one is broken', async () => {
    const path = await room.file('broken-page.pdf', pdfWithBrokenPage('First', 'Third'));
    expect(await read(path)).toMatchObject({
      pageCount: 3,
      pages: [
        { page: 1, text: 'First' },
        { page: 3, text: 'Third' },
      ],
    });
  });

  it.each([
    ['encrypted', 'a password', () => readFile(fixture('pdf/password.pdf'))],
    ['empty', 'no bytes', async () => ''],
    ['damaged', 'junk', async () => `%PDF-1.7\n${'junk '.repeat(500)}`],
    ['damaged', 'only its beginning', async () => (await textPdf(manyPages(3))).subarray(0, 700)],
  ])('says that a file is %s: %s', async (problem, _what, bytes) => {
    const path = await room.file(`${problem}.pdf`, await bytes());
    expect(await problemOf(read(path))).toBe(problem);
  });

  it('says that a file is unavailable when it is gone', async () => {
    expect(await problemOf(read(fixture('pdf/never-there.pdf')))).toBe('unavailable');
  });
});

describe('rendering pages', () => {
  it('draws the wanted pages as JPEG in order, white and large enough to read', async () => {
    const path = await room.file('draw.pdf', await textPdf(manyPages(3)));
    const pages = await room.readers.renderPdfPages(path, [1, 3, 99], { signal });
    expect(pages.map(({ page }) => page)).toEqual([1, 3]);
    for (const { bytes } of pages) {
      const picture = await room.file('page.jpg', bytes);
      expect(await room.readers.prepareImage(picture, { signal })).toMatchObject({
        format: 'jpeg',
        height: 1600,
      });
    }
  });

  it('says that a file with a password is encrypted', async () => {
    const drawing = room.readers.renderPdfPages(fixture('pdf/password.pdf'), [1], { signal });
    expect(await problemOf(drawing)).toBe('encrypted');
  });
});
