import { MediaUnusable } from '#src/domain/errors.ts';
import type { PageText, PageUnit, SniffedType } from '#src/domain/reading.ts';
import type { DocumentText } from '#src/ports/documents.ts';
import type { ChildPool } from './child-pool.ts';
import type { ReaderLimits } from './limits.ts';
import { endError } from './pdf-text.ts';

/** The formats of before 2007, and what to save such a file as. */
const oldFormats: Readonly<Record<string, string>> = {
  doc: 'DOCX or PDF',
  xls: 'XLSX or CSV',
  xlsb: 'XLSX or CSV',
  ppt: 'PPTX or PDF',
};

/**
 * Reads an office file, a web page, a calendar or contact cards in a child process. When a limit ends it, what was read until then
 * is the result.
 * @throws MediaUnusable `unsupported`, `encrypted`, `damaged`, `empty`, `too_complex` when a limit was reached before the first words
 */
export async function readDocumentText(
  { pool, limits }: { pool: ChildPool; limits: ReaderLimits },
  path: string,
  sniffed: SniffedType,
  options: { maxPages: number; signal: AbortSignal },
): Promise<DocumentText> {
  const newer = oldFormats[sniffed.extension];
  if (newer) throw new MediaUnusable('unsupported', 'An Office format without a reader', { detail: newer });
  const { kind } = sniffed;
  const { maxCharacters, maxUnpackedBytes, maxUnpackedRatio, maxArchiveParts } = limits;
  const archive = { maxUnpackedBytes, maxUnpackedRatio, maxArchiveParts };
  const read = new Map<number, { page: PageText; texts: string[] }>();
  let pageCount = 0;
  const end = await pool.run(
    'read-document',
    { path, kind, maxPages: options.maxPages, maxCharacters, archive },
    {
      timeoutMs: limits.documentTimeoutMs,
      signal: options.signal,
      onPart: (part) => {
        pageCount = part.pageCount;
        for (const piece of part.pieces) {
          const known = read.get(piece.page);
          if (known) known.texts.push(piece.text);
          else read.set(piece.page, { page: piece, texts: [piece.text] });
        }
      },
    },
  );
  const pages = [...read.values()].map(({ page, texts }) => ({ ...page, text: texts.join('').trim() }));
  const unit = unitOf(sniffed);
  if (end.kind === 'done') return { ...end.result, unit, pages };
  if (!pages.some(({ text }) => text !== '')) throw endError(end, 'document');
  const stoppedBy = end.kind === 'stopped' ? end.by : 'damaged_pages';
  return { unit, pageCount, pages, stoppedBy };
}

function unitOf({ kind }: SniffedType): PageUnit {
  if (kind === 'spreadsheet') return 'sheet';
  return kind === 'presentation' ? 'slide' : 'section';
}
