import type { PageText } from '#src/domain/reading.ts';
import type { Report } from '../../child-messages.ts';
import { cleanText, cleanTitle, cutText } from '../../clean-text.ts';

/** Text collected before it is worth a message to the parent, and how long it waits for more: what is not sent dies with us. */
const flushUnits = 32_768;
const flushMs = 200;

/** Ends the reading where a limit is met; what was written until then is the result. */
export class Enough extends Error {
  readonly limit: 'page_limit' | 'size_limit';

  constructor(limit: 'page_limit' | 'size_limit') {
    super(limit);
    this.name = 'Enough';
    this.limit = limit;
  }
}

/** Takes a document's text page by page, within the limits, and reports it so that it outlives this process. */
export interface PageWriter {
  /** Pages the document is known to have; at least those begun. */
  pageCount: number;
  /** True once anything but white space was written. */
  readonly hasText: boolean;
  /** UTF-16 units written to the present page. */
  readonly pageUnits: number;
  /** Begins the next page. @throws Enough at one page too many */
  begin(page?: { name?: string | undefined; hidden?: boolean | undefined }): void;
  /** Names the present page, where its name comes after its beginning. */
  rename(name: string): void;
  /** Counts a page that cannot be read, so that the others keep their numbers. */
  skip(): void;
  /** @throws Enough when the document's characters are used up */
  write(text: string): void;
  /** Reports what was written, when that is much, old or `now`. */
  flush(now?: boolean): Promise<void>;
}

export function createPageWriter(
  report: Report<'read-document'>,
  { maxPages, maxCharacters }: { maxPages: number; maxCharacters: number },
): PageWriter {
  let pieces: { -readonly [Key in keyof PageText]: PageText[Key] }[] = [];
  let pending = 0;
  let page = 0;
  let left = maxCharacters;
  let current: { name?: string | undefined; hidden?: boolean | undefined } = {};
  let pageCount = 0;
  let pageUnits = 0;
  let hasText = false;
  let flushedAt = performance.now();

  const piece = (text: string): void => {
    pieces.push({ page, text, ...current });
  };
  return {
    get pageCount() {
      return Math.max(pageCount, page);
    },
    set pageCount(count) {
      pageCount = count;
    },
    get hasText() {
      return hasText;
    },
    get pageUnits() {
      return pageUnits;
    },
    begin({ name, hidden } = {}) {
      if (page >= maxPages) throw new Enough('page_limit');
      page += 1;
      pageUnits = 0;
      const shown = cleanTitle(name);
      current = { ...(shown && { name: shown }), ...(hidden && { hidden }) };
      piece('');
    },
    rename(name) {
      const shown = cleanTitle(name);
      if (!shown) return;
      current = { ...current, name: shown };
      for (const written of pieces) if (written.page === page) written.name = shown;
    },
    skip() {
      page += 1;
    },
    write(text) {
      const clean = cleanText(text);
      const kept = cutText(clean, left);
      left -= kept.length;
      pending += kept.length;
      pageUnits += kept.length;
      hasText ||= kept.trim() !== '';
      const last = pieces.at(-1);
      if (last?.page === page) last.text += kept;
      else piece(kept);
      if (kept.length < clean.length) throw new Enough('size_limit');
    },
    async flush(now = false) {
      const isDue = now || pending >= flushUnits || performance.now() - flushedAt >= flushMs;
      if (pieces.length === 0 || !isDue) return;
      flushedAt = performance.now();
      const part = { pageCount: Math.max(pageCount, page), pieces };
      pieces = [];
      pending = 0;
      await report(part);
    },
  };
}
