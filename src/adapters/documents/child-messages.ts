import type { MediaProblem } from '#src/domain/errors.ts';
import type { ContentKind, PageText } from '#src/domain/reading.ts';
import type { PreparedImage } from '#src/ports/documents.ts';

/** What an archive may hold; the first limit that is met ends the reading. */
export interface ArchiveLimits {
  readonly maxUnpackedBytes: number;
  readonly maxUnpackedRatio: number;
  readonly maxArchiveParts: number;
}

/** What a child process can be asked, what it reports on the way (kept when it is killed), and what it answers. */
export interface ChildJobs {
  'read-pdf': {
    request: { path: string; maxPages: number; maxCharacters: number };
    /** Pages read since the last part; `through` is the last page looked at, also when it could not be read. */
    part: { pageCount: number; through: number; pages: PageText[] };
    result: { title: string | undefined; stoppedBy: 'page_limit' | 'size_limit' | undefined };
  };
  'render-pdf': {
    request: { path: string; pages: readonly number[]; longEdge: number };
    part: { page: number; bytes: Uint8Array };
    result: null;
  };
  'read-document': {
    request: {
      path: string;
      kind: ContentKind;
      maxPages: number;
      maxCharacters: number;
      archive: ArchiveLimits;
    };
    /** Text since the last part. A page comes in as many pieces as it takes; pages without text come empty. */
    part: { pageCount: number; pieces: PageText[] };
    result: {
      title: string | undefined;
      pageCount: number;
      stoppedBy: 'page_limit' | 'size_limit' | 'damaged_pages' | undefined;
    };
  };
  'prepare-image': {
    request: { path: string; maxPixels: number; longEdge: number };
    part: never;
    result: PreparedImage;
  };
  'inspect-audio': {
    request: {
      path: string;
      /** Where to write the sound as WAV; undefined when the file can be uploaded as it is. */
      wavPath: string | undefined;
      maxWavBytes: number;
      /** Time after which decoding stops by itself and the facts so far are the answer. */
      decodeBudgetMs: number;
    };
    part: { seconds: number };
    result: { seconds: number; silent: boolean | undefined };
  };
}
export type ChildJobName = keyof ChildJobs;

/** Messages of the parent. `warm` loads pdf-parse ahead of the first job. */
export type ToChild =
  | { readonly kind: 'warm' }
  | {
      readonly kind: 'job';
      readonly name: ChildJobName;
      readonly request: ChildJobs[ChildJobName]['request'];
    };

/**
 * Messages of the child. `errorName` is for the log: a class name, never a message, which could hold people's text; `detail` is a
 * short fact of our own wording.
 */
export type FromChild =
  | { readonly kind: 'started' }
  | { readonly kind: 'part'; readonly part: unknown }
  | { readonly kind: 'done'; readonly result: unknown }
  | {
      readonly kind: 'failed';
      readonly problem: MediaProblem;
      readonly errorName: string;
      readonly detail: string | undefined;
    };

/** Sends a part to the parent and gives the event loop a turn. */
export type Report<Name extends ChildJobName> = (part: ChildJobs[Name]['part']) => Promise<void>;
