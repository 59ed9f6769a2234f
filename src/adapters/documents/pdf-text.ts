import { MediaUnusable } from '#src/domain/errors.ts';
import type { PageText } from '#src/domain/reading.ts';
import type { PdfText } from '#src/ports/documents.ts';
import type { ChildPool } from './child-pool.ts';
import type { ReaderLimits } from './limits.ts';

interface Deps {
  readonly pool: ChildPool;
  readonly limits: ReaderLimits;
}
/** Sharp enough for a vision model to read 9-point print of an A4 page, and no more than it looks at. */
const renderLongEdge = 1600;

/**
 * Reads a PDF's text layer in a child process. When a limit ends it, the pages read until then are the result.
 * @throws MediaUnusable `encrypted`, `damaged`, `empty`, `too_complex` when a limit was reached before the first page
 */
export async function readPdfText(
  { pool, limits }: Deps,
  path: string,
  options: { maxPages: number; signal: AbortSignal },
): Promise<PdfText> {
  const { maxPages, signal } = options;
  const pages: PageText[] = [];
  let pageCount = 0;
  let through = 0;
  const end = await pool.run(
    'read-pdf',
    { path, maxPages, maxCharacters: limits.maxCharacters },
    {
      timeoutMs: limits.pdfTimeoutMs,
      signal,
      onPart: (part) => {
        ({ pageCount, through } = part);
        pages.push(...part.pages);
      },
    },
  );
  if (end.kind === 'done') return { ...end.result, pageCount, pages };
  if (pages.length === 0) throw endError(end, 'PDF');
  if (end.kind !== 'stopped') return { pageCount, pages };
  // All pages were there already and only the title was missing.
  const allRead = through >= Math.min(pageCount, maxPages);
  if (!allRead) return { pageCount, pages, stoppedBy: end.by };
  return { pageCount, pages, stoppedBy: pageCount > maxPages ? 'page_limit' : undefined };
}

/**
 * Renders pages in a child process; those drawn before a limit was reached are the result.
 * @throws MediaUnusable `encrypted`, `damaged`, `empty`, `too_complex` when not even one page could be drawn
 */
export async function renderPages(
  { pool, limits }: Deps,
  path: string,
  pages: readonly number[],
  signal: AbortSignal,
): Promise<{ page: number; bytes: Uint8Array }[]> {
  const drawn: { page: number; bytes: Uint8Array }[] = [];
  const end = await pool.run(
    'render-pdf',
    { path, pages, longEdge: renderLongEdge },
    {
      // One difficult page may use the time of the easy ones, but nothing holds a child for longer than a minute.
      timeoutMs: Math.min(limits.renderTimeoutMs * Math.max(pages.length, 1), 60_000),
      signal,
      onPart: (part) => drawn.push(part),
    },
  );
  if (end.kind !== 'done' && drawn.length === 0) throw endError(end, 'PDF');
  return drawn;
}

/** The one translation of how a job ended into what the person is told. */
export function endError(
  end: Exclude<Awaited<ReturnType<ChildPool['run']>>, { kind: 'done' }>,
  what: string,
): MediaUnusable {
  if (end.kind === 'failed') {
    const { problem, errorName, detail } = end;
    const options = detail === undefined ? {} : { detail };
    return new MediaUnusable(problem, `The ${what} cannot be used (${errorName})`, options);
  }
  if (end.kind === 'stopped')
    return new MediaUnusable('too_complex', `The ${what} was stopped by the ${end.by}`);
  return new MediaUnusable('damaged', `The ${what} ended the process that read it`);
}
