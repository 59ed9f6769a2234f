import type { PDFParse } from 'pdf-parse';
import type { PageText } from '#src/domain/reading.ts';
import type { ChildJobs, Report } from '../child-messages.ts';
import { cleanText, cleanTitle, cutText } from '../clean-text.ts';
import { openPdf, pdfProblem } from './open-pdf.ts';

/** pdf-parse walks through all page numbers on each call, so documents of many thousand pages are read in larger bites. */
const maxCalls = 2000;

/**
 * Reads the text page by page, reporting each, so that nothing read is lost when the file turns out to be too much.
 * A page that cannot be read is left out.
 * @throws MediaUnusable `encrypted`, `empty`, or `damaged` when no page at all could be read
 */
export async function readPdf(
  request: ChildJobs['read-pdf']['request'],
  report: Report<'read-pdf'>,
): Promise<ChildJobs['read-pdf']['result']> {
  const { path, maxPages, maxCharacters } = request;
  const pdf = await openPdf(path);
  let pageCount = 1;
  let charactersLeft = maxCharacters;
  let pagesRead = 0;
  let lastError: unknown;
  for (let first = 1, last = 1; first <= Math.min(pageCount, maxPages); first = last + 1) {
    last = first === 1 ? 1 : Math.min(first + Math.ceil(pageCount / maxCalls) - 1, maxPages);
    const pages: PageText[] = [];
    try {
      const text = await readPages(pdf, first, last);
      pageCount = text.total;
      for (const page of text.pages) {
        const kept = cutText(cleanText(page.text), charactersLeft);
        charactersLeft -= kept.length;
        pages.push({ page: page.num, text: kept });
        if (charactersLeft <= 0) break;
      }
    } catch (error) {
      // A document that does not open at all ends here.
      if (first === 1) pageCount = await countPages(pdf, error);
      lastError = error;
    }
    pagesRead += pages.length;
    await report({ pageCount, through: last, pages });
    if (charactersLeft <= 0) return { title: await readTitle(pdf), stoppedBy: 'size_limit' };
  }
  if (pagesRead === 0 && lastError) throw pdfProblem(lastError);
  return { title: await readTitle(pdf), stoppedBy: pageCount > maxPages ? 'page_limit' : undefined };
}

/** An empty joiner matters: the default one adds a footer to each page, and a scan would look as if it had text. */
function readPages(pdf: PDFParse, first: number, last: number): ReturnType<PDFParse['getText']> {
  return pdf.getText({ first, last, pageJoiner: '' });
}

/** Pages of a document whose first page is broken; @throws when it cannot be opened at all */
async function countPages(pdf: PDFParse, firstPageError: unknown): Promise<number> {
  try {
    // A page number past the end reads nothing.
    return (await pdf.getText({ partial: [0] })).total;
  } catch {
    throw pdfProblem(firstPageError);
  }
}

/** Read last: a title is no reason to lose the text, whatever is wrong with it. */
async function readTitle(pdf: PDFParse): Promise<string | undefined> {
  try {
    return cleanTitle((await pdf.getInfo()).info?.Title);
  } catch {
    return undefined;
  }
}
