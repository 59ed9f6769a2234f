import type { FileReaders } from '#src/ports/documents.ts';
import type { Instruments } from './instruments.ts';
import { timed } from './outcome.ts';

/** The same readers with every file timed. */
export function measureReaders(
  readers: FileReaders,
  { fileSeconds }: Pick<Instruments, 'fileSeconds'>,
): FileReaders {
  const read = <T>(operation: string, work: () => Promise<T>) =>
    timed(work, (outcome, seconds) => fileSeconds.observe({ operation, outcome }, seconds));
  return {
    sniff: (path) => read('sniff', () => readers.sniff(path)),
    readPdf: (path, options) => read('read_pdf', () => readers.readPdf(path, options)),
    renderPdfPages: (path, pages, options) =>
      read('render_pdf_pages', () => readers.renderPdfPages(path, pages, options)),
    readDocument: (path, sniffed, options) =>
      read('read_document', () => readers.readDocument(path, sniffed, options)),
    prepareImage: (path, options) => read('prepare_image', () => readers.prepareImage(path, options)),
    inspectAudio: (path, sniffed, options) =>
      read('inspect_audio', () => readers.inspectAudio(path, sniffed, options)),
    readPlainText: (path) => read('read_plain_text', () => readers.readPlainText(path)),
  };
}
