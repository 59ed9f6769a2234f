import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PDFParse } from 'pdf-parse';
import { MediaUnusable } from '#src/domain/errors.ts';

/**
 * Loads pdf-parse, which takes half a second.
 * @throws MediaUnusable `unsupported` where its native canvas does not exist: then the import itself fails
 */
export async function loadPdfParse(): Promise<typeof import('pdf-parse')> {
  try {
    return await import('pdf-parse');
  } catch (cause) {
    throw new MediaUnusable('unsupported', 'The PDF reader cannot be loaded on this machine', { cause });
  }
}

/** Opens a PDF for reading or rendering. @throws MediaUnusable `empty`; what is wrong inside shows in the first call */
export async function openPdf(path: string): Promise<PDFParse> {
  const data = new Uint8Array(await readFile(path));
  if (data.byteLength === 0) throw new MediaUnusable('empty', 'The PDF has no content');
  const { PDFParse } = await loadPdfParse();
  const assets = pdfjsFolder();
  return new PDFParse({
    data,
    // Nothing in a document may become code or reach the network or this machine's fonts.
    isEvalSupported: false,
    enableXfa: false,
    useSystemFonts: false,
    disableFontFace: true,
    // Without these, Chinese, Japanese and Korean text is lost, and JPEG 2000 scans and unembedded fonts render as nothing.
    cMapUrl: join(assets, 'cmaps/'),
    cMapPacked: true,
    standardFontDataUrl: join(assets, 'standard_fonts/'),
    wasmUrl: join(assets, 'wasm/'),
    verbosity: 0,
  });
}

/**
 * pdf.js tells by the error's name what is wrong; names are the only stable part.
 * @returns the MediaUnusable to throw
 */
export function pdfProblem(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof MediaUnusable || error instanceof RangeError)
    return error;
  const encrypted = error.name === 'PasswordException';
  return new MediaUnusable(
    encrypted ? 'encrypted' : 'damaged',
    encrypted ? 'The PDF asks for a password' : 'The PDF cannot be understood',
    { cause: error },
  );
}

/** pdf-parse brings its own pdfjs-dist, which may lie beside it or inside it. */
function pdfjsFolder(): string {
  const fromPdfParse = createRequire(createRequire(import.meta.url).resolve('pdf-parse'));
  return dirname(fromPdfParse.resolve('pdfjs-dist/package.json'));
}
