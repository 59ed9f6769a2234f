import type { DocumentReading, Reading } from '#src/domain/reading.ts';

/** Parts the pages in `attachments.extracted_text`, as it does in plain text files. Page text itself never has one. */
const formFeed = '\f';

/**
 * A document's text can be megabytes, so it is stored once: in `extracted_text`, a form feed between pages; `reading` has the facts
 * and the page numbers.
 */
export function documentColumns(reading: DocumentReading): { reading: string; extracted_text: string } {
  return {
    reading: JSON.stringify({ ...reading, pages: reading.pages.map(({ page }) => ({ page, text: '' })) }),
    extracted_text: reading.pages.map((page) => page.text.replaceAll(formFeed, '\n')).join(formFeed),
  };
}

/** The reading with its text; where `extractedText` was not loaded (null) pages are there, but empty. */
export function withPageText(reading: Reading, extractedText: string | null): Reading {
  if (reading.kind !== 'document' || extractedText === null) return reading;
  const texts = extractedText.split(formFeed);
  return { ...reading, pages: reading.pages.map(({ page }, index) => ({ page, text: texts[index] ?? '' })) };
}

/** Stored text for people to read. */
export function readableText(extractedText: string | null): string | null {
  return extractedText?.replaceAll(formFeed, '\n\n') ?? null;
}
