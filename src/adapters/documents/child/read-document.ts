import { MediaUnusable } from '#src/domain/errors.ts';
import type { ChildJobs, Report } from '../child-messages.ts';
import type { DocumentFacts } from './documents/document-facts.ts';
import { type Archive, openArchive } from './documents/open-archive.ts';
import { createPageWriter, Enough, type PageWriter } from './documents/page-writer.ts';
import { readTitle } from './documents/part-relations.ts';

type Request = ChildJobs['read-document']['request'];
type Result = ChildJobs['read-document']['result'];

/**
 * Reads a document of any kind but PDF and plain text, reporting its text as it comes.
 * @throws MediaUnusable `encrypted`, `damaged`, `empty`, `too_complex`, `unsupported`
 */
export async function readDocument(request: Request, report: Report<'read-document'>): Promise<Result> {
  const pages = createPageWriter(report, request);
  const facts: DocumentFacts = {};
  let stoppedBy: Result['stoppedBy'];
  try {
    await readByKind(request, pages, facts);
    if (facts.isDamaged) stoppedBy = 'damaged_pages';
  } catch (error) {
    // What was read before a broken place is kept.
    await pages.flush(true);
    if (!(error instanceof Enough)) throw error;
    stoppedBy = error.limit;
  }
  if (!pages.hasText) throw withoutText(facts, stoppedBy);
  await pages.flush(true);
  return { title: facts.title, pageCount: pages.pageCount, stoppedBy };
}

async function readByKind(request: Request, pages: PageWriter, facts: DocumentFacts): Promise<void> {
  const { kind, path } = request;
  switch (kind) {
    case 'word':
      return fromArchive(request, facts, async (archive) =>
        (await import('./documents/read-word.ts')).readWord(archive, pages, facts),
      );
    case 'spreadsheet':
      return fromArchive(request, facts, async (archive) =>
        (await import('./documents/read-spreadsheet.ts')).readSpreadsheet(archive, pages, facts),
      );
    case 'presentation':
      return fromArchive(request, facts, async (archive) =>
        (await import('./documents/read-presentation.ts')).readPresentation(archive, pages, facts),
      );
    case 'web_page':
      return (await import('./documents/read-web-page.ts')).readWebPage(path, pages, facts);
    case 'calendar':
      return (await import('./documents/read-calendar.ts')).readCalendar(path, pages, facts);
    case 'contact':
      return (await import('./documents/read-contacts.ts')).readContacts(path, pages, facts);
    default:
      throw new MediaUnusable('unsupported', 'No reader for this kind of document');
  }
}

async function fromArchive(
  { path, archive: limits }: Request,
  facts: DocumentFacts,
  read: (archive: Archive) => Promise<void>,
): Promise<void> {
  using archive = await openArchive(path, limits);
  facts.title = await readTitle(archive);
  await read(archive);
}

function withoutText(facts: DocumentFacts, stoppedBy: Result['stoppedBy']): MediaUnusable {
  if (stoppedBy === 'damaged_pages') return new MediaUnusable('damaged', 'No page can be read');
  if (stoppedBy) return new MediaUnusable('too_complex', 'A limit was met before the first words');
  return new MediaUnusable(
    'empty',
    'The document has no text',
    facts.hasPictures ? { detail: 'pictures' } : {},
  );
}
