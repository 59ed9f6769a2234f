import { afterAll, describe, expect, it } from 'vitest';
import { compoundFile, docx, paragraph, pptx, shape, xlsx } from '#tests/support/office-fixtures.ts';
import { openReadingRoom, problemOf } from '#tests/support/reading-room.ts';
import { zip } from '#tests/support/zip-fixtures.ts';

const room = await openReadingRoom();
afterAll(() => room[Symbol.asyncDispose]());
const sniff = async (bytes: Uint8Array | string) => room.readers.sniff(await room.file('photo.jpg', bytes));

const word = docx(paragraph('Hello'));
const sheet = xlsx([{ name: 'A', rows: '' }]);
const slides = pptx([{ shapes: shape('Hello') }]);

describe('sniffing an office file', () => {
  it.each([
    ['docx', 'word', word],
    ['xlsx', 'spreadsheet', sheet],
    ['pptx', 'presentation', slides],
    ['docm', 'word', docx(paragraph('Hello'), { parts: { 'word/vbaProject.bin': 'macro' } })],
    ['xlsx', 'spreadsheet', zip({ 'a.xml': '', 'xl/workbook2.xml': '', '[Content_Types].xml': '' })],
    ['xlsb', 'spreadsheet', zip({ '[Content_Types].xml': '', 'xl/workbook.bin': '' })],
    ['doc', 'word', compoundFile(['1Table', 'CompObj', 'Data', 'WordDocument'])],
    ['xls', 'spreadsheet', compoundFile(['Workbook'])],
    ['ppt', 'presentation', compoundFile(['a', 'b', 'PowerPoint Document'])],
  ])('calls it a %s, a %s', async (extension, kind, bytes) => {
    expect(await sniff(bytes)).toMatchObject({ extension, kind });
  });

  it('does not take any archive for one', async () => {
    expect(await sniff(zip({ 'notes.txt': 'word/document.xml' }))).toMatchObject({ kind: 'unknown' });
  });

  it('never fails on an archive or a compound file that lies about itself', async () => {
    for (const honest of [word, compoundFile(['Workbook'])]) {
      for (let at = 0; at < honest.length; at += 7) {
        const broken = Buffer.from(honest);
        broken.fill(0xff, at, Math.min(at + 4, broken.length));
        expect(await sniff(broken)).toHaveProperty('kind');
        expect(await sniff(honest.subarray(0, at))).toHaveProperty('kind');
      }
    }
  });

  it('knows web pages, calendars and cards by what they hold', async () => {
    expect(await sniff('<!-- saved from url --><html><p>Hi</p></html>')).toMatchObject({ kind: 'web_page' });
    expect(await sniff('\ufeff\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR')).toMatchObject({ kind: 'calendar' });
    expect(await sniff('begin:vcard\nend:vcard')).toMatchObject({ kind: 'contact', extension: 'vcf' });
    expect(await sniff('<?xml version="1.0"?><note><body>Hi</body></note>')).toMatchObject({
      kind: 'unknown',
    });
  });
});

describe('an office file that cannot be read', () => {
  const read = async (bytes: Uint8Array) => {
    const path = await room.file('letter.docx', bytes);
    const signal = new AbortController().signal;
    return room.readers.readDocument(path, await room.readers.sniff(path), { maxPages: 9, signal });
  };

  it('of before 2007 is told what to be saved as', async () => {
    await expect(read(compoundFile(['WordDocument']))).rejects.toMatchObject({
      problem: 'unsupported',
      detail: 'DOCX or PDF',
    });
  });

  it('with a password is known by its bytes', async () => {
    expect(await sniff(compoundFile(['EncryptionInfo', 'EncryptedPackage']))).toEqual({
      kind: 'unknown',
      mimeType: 'application/vnd.ms-office.encrypted',
      extension: 'bin',
    });
  });

  it('cut off, or without its parts, is damaged', async () => {
    const long = docx(paragraph('Hello '.repeat(5000)));
    for (const bytes of [long.subarray(0, long.length - 30), zip({ 'word/document.xml': '<a/>' })])
      expect(await problemOf(read(bytes))).toBe('damaged');
  });
});
