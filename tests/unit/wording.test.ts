import { describe, expect, it } from 'vitest';
import { lengthOf, nameOf, sizeOf } from '#src/bot/describe-file.ts';
import { countPages, nameOfPage, namePages, pageRanges } from '#src/bot/page-units.ts';
import { wording } from '#src/bot/wording.ts';

describe('page ranges', () => {
  it.each([
    [[3], 'page 3'],
    [[1, 2, 3], 'pages 1–3'],
    [[7, 1, 2], 'pages 1–2 and 7'],
    [[1, 3, 4, 9], 'pages 1, 3–4 and 9'],
  ])('of %j are "%s"', (pages, words) => {
    expect(pageRanges(pages)).toBe(words);
  });
});

describe('what is no page', () => {
  it('is called by its kind, sheets by their names', () => {
    const sheet = { page: 2, name: 'Budget', hidden: true, text: '' };
    expect(nameOfPage(sheet, 'sheet')).toBe('sheet "Budget", hidden');
    expect(nameOfPage({ page: 4, text: '' }, 'slide')).toBe('slide 4');
    expect(nameOfPage({ page: 1, name: 'Scope', text: '' }, 'section')).toBe('section 1 "Scope"');
    expect(namePages([sheet, { page: 3, name: 'Plan', text: '' }], 'sheet')).toBe(
      'sheets "Budget" and "Plan"',
    );
    expect(namePages([{ page: 4, name: 'Numbers', text: '' }], 'slide')).toBe('slide 4');
    expect(countPages(1, 'slide')).toBe('1 slide');
  });
});

describe('what the bot says on its own', () => {
  it('names the pages that were read, and why not all', () => {
    const pages = [1, 2].map((page) => ({ page, text: 'x' }));
    const reading = { kind: 'document', pageCount: 9, pages, wordCount: 2, recognized: false } as const;
    expect(wording.partlyRead('"offer.pdf"', { ...reading, partlyBecause: 'time_limit' })).toBe(
      'I read pages 1–2 of 9 of "offer.pdf": the rest took too long to read.',
    );
  });

  it('says of a document without pages, or cut inside the last one, that it read the beginning', () => {
    const pages = [{ page: 1, name: 'Budget', text: 'x' }];
    const reading = { kind: 'document', unit: 'sheet', pages, wordCount: 2, recognized: false } as const;
    const cut = { ...reading, partlyBecause: 'size_limit' } as const;
    expect(wording.partlyRead('"a.xlsx"', { ...cut, pageCount: 1 })).toBe(
      'I read only the beginning of "a.xlsx": it holds more text than I can take in.',
    );
    expect(wording.partlyRead('"a.xlsx"', { ...cut, pageCount: 3 })).toBe(
      'I read sheet "Budget" of 3 of "a.xlsx": it holds more text than I can take in.',
    );
  });

  it('tells what to do with an old format, and with a document of pictures', () => {
    expect(
      wording.fileProblem('"a.doc"', { kind: 'failed', problem: 'unsupported', detail: 'DOCX or PDF' }),
    ).toBe(
      'I could not read "a.doc": it is in an older format that I cannot read. Please save it as DOCX or PDF and send that.',
    );
    expect(wording.fileProblem('"a.pptx"', { kind: 'failed', problem: 'empty', detail: 'pictures' })).toBe(
      'I could not read "a.pptx": there is no text in it, only pictures. Sent as a PDF, I can look at them.',
    );
  });

  it.each([
    [900, 'a second'],
    [59_000, '59 seconds'],
    [3_500_000, '59 minutes'],
  ])('says how long a limit of %i ms lasts: %s', (ms, words) => {
    expect(wording.rateLimited(ms)).toContain(`in ${words};`);
  });
});

describe('a file', () => {
  const file = { id: '1', ref: 'r', bytes: 10 };
  it('is called by its name, else by what it really is, else by its label', () => {
    expect(nameOf({ ...file, declaredType: 'image/png', fileName: 'a.png' })).toBe('"a.png"');
    const sniffed = { kind: 'pdf', mimeType: 'application/pdf', extension: 'pdf' } as const;
    expect(nameOf({ ...file, declaredType: 'image/png', sniffed })).toBe('the PDF');
    expect(nameOf({ ...file, declaredType: 'audio/ogg' })).toBe('the voice note');
    expect(nameOf({ ...file, declaredType: '' })).toBe('the file');
  });

  it('has a size and a length people read', () => {
    expect([sizeOf(12), sizeOf(2048), sizeOf(1.5 * 1024 * 1024)]).toEqual(['1 KB', '2 KB', '1.5 MB']);
    expect([lengthOf(7), lengthOf(65.4)]).toEqual(['0:07', '1:05']);
  });
});
