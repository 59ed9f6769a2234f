import type { FileReaders } from '#src/ports/documents.ts';
import type { Log } from '#src/ports/system.ts';
import { readAudioFacts } from './audio-facts.ts';
import { openChildPool } from './child-pool.ts';
import { readDocumentText } from './document-text.ts';
import { type ReaderLimits, readerLimits } from './limits.ts';
import { endError, readPdfText, renderPages } from './pdf-text.ts';
import { readPlainText } from './plain-text.ts';
import { sniffFile } from './sniff.ts';

/**
 * Long edge in pixels of a picture for the model. Vision models cut a picture into at most some 1,500 patches of 32 pixels, and
 * shrink whatever is larger themselves: 1,536 pixels lose nothing, and a photo of 12 MB becomes an upload of 300 kB.
 */
const imageLongEdge = 1536;

/**
 * Opens the readers and starts their first child process, so that the first PDF does not wait for it.
 * Sniffing and plain text stay in this process: they look at bounded pieces and run no foreign code on hostile structure.
 */
export function openFileReaders(deps: {
  log: Log;
  limits?: Partial<ReaderLimits>;
}): FileReaders & AsyncDisposable {
  const limits = readerLimits(deps.limits);
  const pool = openChildPool({ limits, log: deps.log });
  return {
    sniff: sniffFile,
    readPdf: (path, options) => readPdfText({ pool, limits }, path, options),
    renderPdfPages: (path, pages, { signal }) => renderPages({ pool, limits }, path, pages, signal),
    readDocument: (path, sniffed, options) => readDocumentText({ pool, limits }, path, sniffed, options),
    async prepareImage(path, { signal }) {
      const request = { path, maxPixels: limits.maxPixels, longEdge: imageLongEdge };
      const end = await pool.run('prepare-image', request, { timeoutMs: limits.imageTimeoutMs, signal });
      if (end.kind !== 'done') throw endError(end, 'image');
      return end.result;
    },
    inspectAudio: (path, sniffed, { signal }) => readAudioFacts({ pool, limits }, path, sniffed, signal),
    readPlainText: (path) => readPlainText(path, limits.maxCharacters),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
