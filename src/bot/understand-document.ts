import pLimit from 'p-limit';
import { MediaUnusable, ProviderRefused } from '#src/domain/errors.ts';
import type { DocumentReading, PageText, SniffedType } from '#src/domain/reading.ts';
import { breathe } from './breathe.ts';
import type { BotDeps } from './deps.ts';
import { keepPaid } from './keep-paid.ts';
import { toUsage } from './price.ts';
import type { FileAtHand, Understood } from './understand.ts';

/** Fewer letters a page than this means that the text layer is missing or a mere stamp: the pages are pictures. */
const lettersOfScan = 20;
/** Each scanned page is a vision call. */
const mostScannedPages = 20;
const pagesAtOnce = 4;
/** What config/prompts/read-scanned-page.md asks the model to say of a blank page. */
const emptyPage = '[empty page]';

/** Reads a PDF's text with page numbers, recognizes scanned pages by looking at them, and reads documents of all other kinds. */
export async function understandDocument(deps: BotDeps, file: FileAtHand): Promise<Understood> {
  const { sniffed } = file.attachment;
  if (sniffed?.kind === 'text') return understandPlainText(deps, file);
  if (sniffed && sniffed.kind !== 'pdf') return understandOther(deps, file, sniffed);
  const { readers, rules } = deps;
  const pdf = await readers.readPdf(file.path, { maxPages: rules.maxPdfPages, signal: file.run.signal });
  await breathe();
  const base = { kind: 'document' as const, title: pdf.title, pageCount: pdf.pageCount };
  const stoppedBy = pdf.stoppedBy ?? (pdf.pages.length < pdf.pageCount ? 'damaged_pages' : undefined);
  const isScan =
    pdf.pages.filter((page) => !hasLetters(page.text, lettersOfScan)).length > pdf.pages.length / 2;
  // A scan may carry a stamp or a page number on each page; in an ordinary document only a page without a single letter is
  // a picture (or blank, which the look finds out).
  const pictures = pdf.pages.filter((page) => !hasLetters(page.text, isScan ? lettersOfScan : 1));
  if (pictures.length === 0 || !deps.ai.canSee) {
    const pages = pdf.pages.filter((page) => !isScan || hasLetters(page.text, 1));
    return {
      reading: await toReading({ ...base, pages, recognized: false, partlyBecause: stoppedBy }),
      usage: [],
    };
  }

  const recognized = await recognize(deps, file, pictures.slice(0, mostScannedPages));
  const pages = [...pdf.pages.filter((page) => !pictures.includes(page)), ...recognized].sort(
    (a, b) => a.page - b.page,
  );
  if (!pages.some((page) => hasLetters(page.text, 1)))
    throw new MediaUnusable('empty', 'no text on any page');
  const missing = pages.length < pdf.pages.length;
  const partlyBecause = missing
    ? pictures.length > mostScannedPages
      ? 'scan_limit'
      : 'vision_failed'
    : stoppedBy;
  // Each page was stored with its cost when it was recognized; nothing is left to add to the ledger.
  return { reading: await toReading({ ...base, pages, recognized: isScan, partlyBecause }), usage: [] };
}

/** Looks at the pages that an earlier attempt has not recognized yet; each is kept as soon as it is paid for. */
async function recognize(deps: BotDeps, file: FileAtHand, scanned: readonly PageText[]): Promise<PageText[]> {
  const { ai, readers, prompts, rules, unitOfWork, log } = deps;
  const { attachment, turn } = file;
  const { signal, wholeRun } = file.run;
  const kept = await unitOfWork.run((stores) => stores.attachments.keptPages(attachment.id));
  const missing = scanned
    .map((page) => page.page)
    .filter((page) => !kept.some((known) => known.page === page));
  const pictures = missing.length > 0 ? await readers.renderPdfPages(file.path, missing, { signal }) : [];
  const layer = new Map(scanned.map((page) => [page.page, page.text.trim()]));
  const limit = pLimit(pagesAtOnce);
  const looks = pictures.map(({ page, bytes }) =>
    limit(async () => {
      const image = { bytes, mimeType: 'image/jpeg' as const };
      const look = await ai.look({
        instructions: prompts.readScannedPage,
        question: '',
        image,
        userId: turn.userId,
        signal,
      });
      const seen = look.text.trim() === emptyPage ? '' : look.text;
      // What little text layer there is stays: it may be a short page and no scan at all.
      const text = [layer.get(page), seen].filter(Boolean).join('\n');
      const usage = toUsage('vision', look.used, rules);
      await keepPaid(deps, wholeRun, (stores) =>
        stores.attachments.keepPage(attachment.id, {
          page,
          text,
          usage,
          userId: turn.userId,
          turnId: turn.id,
        }),
      );
      return { page, text };
    }),
  );
  const outcomes = await Promise.allSettled(looks);
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  // A page the model refuses is left out and named; anything that may pass fails the run, which resumes with the kept pages.
  const serious = failures.find(
    (error) =>
      !(error instanceof MediaUnusable || (error instanceof ProviderRefused && error.reason === 'content')),
  );
  if (serious) throw serious;
  if (failures.length > 0)
    log.warn({ attachmentId: attachment.id, pages: failures.length }, 'scanned pages were refused');
  return [...kept, ...outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))];
}

async function understandPlainText(deps: BotDeps, file: FileAtHand): Promise<Understood> {
  const text = await deps.readers.readPlainText(file.path);
  if (text.trim() === '') throw new MediaUnusable('empty', 'the file holds white space only');
  const pages = [{ page: 1, text }];
  return {
    reading: await toReading({ kind: 'document', pageCount: 1, pages, recognized: false }),
    usage: [],
  };
}

/** Office files, web pages, calendars and contact cards: they are text all through, so no page has to be looked at. */
async function understandOther(
  { readers, rules }: Pick<BotDeps, 'readers' | 'rules'>,
  file: FileAtHand,
  sniffed: SniffedType,
): Promise<Understood> {
  const options = { maxPages: rules.maxPdfPages, signal: file.run.signal };
  const { stoppedBy, ...read } = await readers.readDocument(file.path, sniffed, options);
  await breathe();
  const partlyBecause = stoppedBy ?? (read.pages.length < read.pageCount ? 'damaged_pages' : undefined);
  return {
    reading: await toReading({ kind: 'document', ...read, recognized: false, partlyBecause }),
    usage: [],
  };
}

/** So much text is counted in a fraction of a millisecond. */
const unitsAtOnce = 100_000;

async function toReading(reading: Omit<DocumentReading, 'wordCount'>): Promise<DocumentReading> {
  let [wordCount, units] = [0, 0];
  for (const { text } of reading.pages) {
    wordCount += countWords(text);
    units += text.length;
    if (units < unitsAtOnce) continue;
    units = 0;
    await breathe();
  }
  return { ...reading, wordCount };
}

/** Counted character by character: a list of the words of a long document would take longer than reading it. */
function countWords(text: string): number {
  let words = 0;
  let inWord = false;
  for (let index = 0; index < text.length; index += 1) {
    const isSpace = text.charCodeAt(index) <= 32;
    if (!isSpace && !inWord) words += 1;
    inWord = !isSpace;
  }
  return words;
}

const letter = /[\p{L}\p{N}]/gu;

/** Whether a text has at least so many letters and digits; looks no further than needed. */
function hasLetters(text: string, atLeast: number): boolean {
  letter.lastIndex = 0;
  for (let found = 0; found < atLeast; found += 1) if (!letter.test(text)) return false;
  return true;
}
