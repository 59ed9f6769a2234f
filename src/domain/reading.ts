import type { MediaProblem } from './errors.ts';

/** What a file really is, decided by its bytes. */
export type ContentKind =
  | 'image'
  | 'audio'
  | 'video'
  | 'pdf'
  | 'text'
  | 'word'
  | 'spreadsheet'
  | 'presentation'
  | 'web_page'
  | 'calendar'
  | 'contact'
  | 'unknown';

/** The sniffed truth about a file. */
export interface SniffedType {
  readonly kind: ContentKind;
  /** The real MIME type, for instance `audio/ogg`. */
  readonly mimeType: string;
  /** File name extension without dot: `ogg`. */
  readonly extension: string;
}

/** The type of an Office file with a password: which of them it is lies encrypted with the rest. */
export const encryptedOfficeType = 'application/vnd.ms-office.encrypted';

/** What the parts of a document are to people. A text without pages of its own is read in sections of about a page. */
export type PageUnit = 'page' | 'sheet' | 'slide' | 'section';

/** One page of a document, or whatever it has instead of pages; `page` counts from 1. */
export interface PageText {
  readonly page: number;
  readonly text: string;
  /** The name of a sheet, the title of a slide, the heading a section begins with. */
  readonly name?: string | undefined;
  /** True for a sheet or slide that its author has hidden. */
  readonly hidden?: boolean | undefined;
}

/** What reading a document brought to light. */
export interface DocumentReading {
  readonly kind: 'document';
  readonly title?: string | undefined;
  /** What its pages are; pages unless said otherwise. */
  readonly unit?: PageUnit | undefined;
  /** Pages the document has; as far as it was read where only the end of a document tells. */
  readonly pageCount: number;
  /** Pages whose text was read, in order; fewer than `pageCount`, or the last one not to its end, when a limit was reached. */
  readonly pages: readonly PageText[];
  readonly wordCount: number;
  /** True when the text was recognized from page images, not taken from a text layer. */
  readonly recognized: boolean;
  /** Why not all pages were read, if so. */
  readonly partlyBecause?:
    | 'page_limit'
    | 'time_limit'
    | 'memory_limit'
    | 'size_limit'
    | 'scan_limit'
    | 'damaged_pages'
    | 'vision_failed'
    | undefined;
}

/** What a photo or sticker shows. `description` is empty where no model could look at it. */
export interface ImageReading {
  readonly kind: 'image';
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly description: string;
}

/** What was said in a voice note, audio file or video. */
export interface AudioReading {
  readonly kind: 'audio';
  readonly seconds: number;
  readonly transcript: string;
  /** ISO 639-1 where the model reported it. */
  readonly language?: string | undefined;
  readonly fromVideo: boolean;
}

/** A file that could not be read, with the one reason the person is told. */
export interface FailedReading {
  readonly kind: 'failed';
  readonly problem: MediaProblem;
  /** A short fact that helps the person, for instance `23 MB, the limit is 16 MB`. */
  readonly detail?: string | undefined;
}

/** The stored result of understanding one attachment. */
export type Reading = DocumentReading | ImageReading | AudioReading | FailedReading;
