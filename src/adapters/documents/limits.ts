import { availableParallelism, totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';

const MB = 1024 * 1024;

/** What a file may cost before it is stopped. */
export interface ReaderLimits {
  /** Child processes reading at the same time. */
  readonly children: number;
  /** Resident memory of a child at which it is killed. */
  readonly residentBytes: number;
  /** Resident memory after a finished job above which the child is replaced by a fresh one. */
  readonly recycleBytes: number;
  /** Jobs after which a child is replaced: native libraries fragment memory slowly. */
  readonly recycleJobs: number;
  readonly pdfTimeoutMs: number;
  /** Per page asked for. */
  readonly renderTimeoutMs: number;
  /** For an office file, a web page, a calendar or cards. */
  readonly documentTimeoutMs: number;
  readonly imageTimeoutMs: number;
  readonly audioTimeoutMs: number;
  /** Characters kept of one document; 1.5 million is a 1,000-page novel and already beyond any model's context. */
  readonly maxCharacters: number;
  /**
   * What an archive may hold unpacked. A table of 16 MB unpacks to some 200 MB; a compression bomb of 42 KB to 5 GB. Text is inflated
   * piece by piece, so this costs time and not memory.
   */
  readonly maxUnpackedBytes: number;
  /** How many times larger unpacked. Office's XML reaches 30, deflate at most 1,032. */
  readonly maxUnpackedRatio: number;
  /** Parts of an archive; a presentation of 500 slides has 3,000. */
  readonly maxArchiveParts: number;
  /** Phones take photos of 108 megapixels; a compression bomb claims 900. */
  readonly maxPixels: number;
  /** Size of a WAV made for the transcription API, which refuses uploads above 25 MiB. */
  readonly maxWavBytes: number;
}

/**
 * The product's limits, made for a 1 GB server: 400 MB for the file of the moment leaves room for Node, SQLite and the system,
 * and a second child is only worth having where a second core and a second 400 MB exist.
 */
export function readerLimits(overrides: Partial<ReaderLimits> = {}): ReaderLimits {
  const memoryBytes = Math.min(totalmem(), constrainedMemory() || Number.POSITIVE_INFINITY);
  return {
    children: memoryBytes < 1500 * MB ? 1 : Math.min(2, availableParallelism()),
    residentBytes: 400 * MB,
    recycleBytes: 260 * MB,
    recycleJobs: 200,
    pdfTimeoutMs: 20_000,
    renderTimeoutMs: 10_000,
    documentTimeoutMs: 20_000,
    imageTimeoutMs: 15_000,
    audioTimeoutMs: 20_000,
    maxCharacters: 1_500_000,
    maxUnpackedBytes: 400 * MB,
    maxUnpackedRatio: 200,
    maxArchiveParts: 10_000,
    maxPixels: 120_000_000,
    maxWavBytes: 25 * MB,
    ...overrides,
  };
}
