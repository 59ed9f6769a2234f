import type { PageWriter } from './page-writer.ts';

/** A heading begins a section of its own once the one before is worth it; without headings a section is about a page. */
const shortestSection = 1_200;
const longestSection = 4_000;

/** Takes a text that has no pages of its own, paragraph by paragraph, and makes sections of about a page. */
export interface SectionWriter {
  /** `level` 1 is the highest. */
  heading(level: number, text: string): void;
  paragraph(text: string): void;
}

export function createSectionWriter(pages: PageWriter): SectionWriter {
  let isOpen = false;
  let isNamed = false;

  const open = (name?: string): void => {
    pages.begin({ name });
    isOpen = true;
    isNamed = name !== undefined;
  };
  return {
    heading(level, text) {
      const name = text.replace(/\s+/g, ' ').trim();
      if (name === '') return;
      if (!isOpen || pages.pageUnits >= shortestSection) open(name);
      else if (!isNamed && pages.pageUnits === 0) {
        pages.rename(name);
        isNamed = true;
      }
      pages.write(`\n${'#'.repeat(Math.min(Math.max(level, 1), 6))} ${name}\n`);
    },
    paragraph(text) {
      if (text.trim() === '') return;
      if (!isOpen || pages.pageUnits >= longestSection) open();
      pages.write(`${text}\n`);
    },
  };
}
