import type { PDFParse } from 'pdf-parse';
import type { ChildJobs, Report } from '../child-messages.ts';
import { loadSharp } from './load-sharp.ts';
import { openPdf, pdfProblem } from './open-pdf.ts';

/**
 * Renders pages one by one as JPEG and reports each. Pages that do not exist or cannot be drawn are left out.
 * @throws MediaUnusable `encrypted`, `empty`, or `damaged` when none could be drawn
 */
export async function renderPdf(
  request: ChildJobs['render-pdf']['request'],
  report: Report<'render-pdf'>,
): Promise<null> {
  const pdf = await openPdf(request.path);
  const sharp = await loadSharp();
  let rendered = 0;
  let lastError: unknown;
  for (const page of request.pages) {
    try {
      const drawing = await drawPage(pdf, page, request.longEdge);
      if (!drawing) continue;
      // White below: a page without a background is transparent, and JPEG would make it black.
      const bytes = await sharp(drawing).flatten({ background: '#fff' }).jpeg({ quality: 80 }).toBuffer();
      rendered++;
      await report({ page, bytes });
    } catch (error) {
      lastError = error;
    }
  }
  if (rendered === 0 && lastError) throw pdfProblem(lastError);
  return null;
}

async function drawPage(pdf: PDFParse, page: number, longEdge: number): Promise<Uint8Array | undefined> {
  const size = (await pdf.getInfo({ partial: [page], parsePageInfo: true })).pages[0];
  if (!size) return undefined;
  // A page of one point would be magnified without end, so the scale has a ceiling.
  const scale = Math.min(longEdge / Math.max(size.width, size.height), 4);
  const shot = await pdf.getScreenshot({ partial: [page], scale, imageBuffer: true, imageDataUrl: false });
  return shot.pages[0]?.data;
}
