import type { PageText, PageUnit, SniffedType } from '#src/domain/reading.ts';

/** A PDF's text layer, page by page. */
export interface PdfText {
  readonly title?: string | undefined;
  readonly pageCount: number;
  readonly pages: readonly PageText[];
  /** Set when the reader stopped early; the pages read until then are kept. */
  readonly stoppedBy?: 'page_limit' | 'time_limit' | 'memory_limit' | 'size_limit' | undefined;
}

/** The text of an office file, a web page, a calendar or contact cards: by sheet, slide, or section of about a page. */
export interface DocumentText extends Omit<PdfText, 'stoppedBy'> {
  readonly unit: PageUnit;
  /** Set when not all of it was read; what was read is kept. */
  readonly stoppedBy?: PdfText['stoppedBy'] | 'damaged_pages' | undefined;
}

/** A picture made ready for the model: upright, small enough, JPEG. */
export interface PreparedImage {
  readonly bytes: Uint8Array;
  readonly mimeType: 'image/jpeg';
  /** Size of the original, after EXIF rotation. */
  readonly width: number;
  readonly height: number;
  /** Format of the original as sharp names it: jpeg, png, webp, heif. */
  readonly format: string;
}

/** What can be known of a sound file without a model. */
export interface AudioFacts {
  /** Length in seconds; 0 when it cannot be known. */
  readonly seconds: number;
  /** True when decoded and nothing louder than room noise was found; undefined when it could not be decoded. */
  readonly silent: boolean | undefined;
  /** What to upload: the file itself, or a converted WAV beside it where the API does not take the format (AMR, 3GP). */
  readonly upload: { readonly path: string; readonly fileName: string; readonly mimeType: string };
}

/**
 * Reads hostile files in child processes with time and memory limits, so that a file ends its own process and never ours.
 * Every method throws MediaUnusable with the reason, and honors `signal`. Paths are absolute.
 */
export interface FileReaders {
  /** Decides by the bytes what a file is; never throws for content. */
  sniff(path: string): Promise<SniffedType>;
  readPdf(path: string, options: { maxPages: number; signal: AbortSignal }): Promise<PdfText>;
  /** Renders pages (numbers from 1) as JPEG, in order, for a model to look at. */
  renderPdfPages(
    path: string,
    pages: readonly number[],
    options: { signal: AbortSignal },
  ): Promise<{ page: number; bytes: Uint8Array }[]>;
  /**
   * Reads Word documents, spreadsheets, presentations, web pages, calendars and contact cards. Nothing in a file is run, and nothing
   * it points to is fetched. Throws `unsupported` for the formats of before 2007.
   */
  readDocument(
    path: string,
    sniffed: SniffedType,
    options: { maxPages: number; signal: AbortSignal },
  ): Promise<DocumentText>;
  prepareImage(path: string, options: { signal: AbortSignal }): Promise<PreparedImage>;
  inspectAudio(path: string, sniffed: SniffedType, options: { signal: AbortSignal }): Promise<AudioFacts>;
  /** Reads a plain text file in whatever common encoding it has. Throws `damaged` when it is not text after all. */
  readPlainText(path: string): Promise<string>;
}
