import { open } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import type { Metadata } from 'sharp';
import { MediaUnusable } from '#src/domain/errors.ts';
import type { ChildJobs } from '../child-messages.ts';
import { loadSharp } from './load-sharp.ts';

const readable = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/webp',
  'image/gif',
  'image/tiff',
  'image/avif',
]);

/**
 * Makes an image ready for the model: upright, on white, at most `longEdge` pixels, JPEG. Animations give their first frame.
 * @throws MediaUnusable `empty`, `unsupported`, `too_many_pixels` (before any pixel is decoded), `damaged`
 */
export async function prepareImage(
  request: ChildJobs['prepare-image']['request'],
): Promise<ChildJobs['prepare-image']['result']> {
  const { path, maxPixels, longEdge } = request;
  const mimeType = await typeOf(path);
  const sharp = await loadSharp();
  // `truncated` is the mildest level that refuses half a picture; phones write files with harmless faults, which pass.
  const options = { failOn: 'truncated', limitInputPixels: false, sequentialRead: true } as const;
  const fail = (cause: unknown): never => {
    // HEIF files can hold HEVC, which the library may not decode for patent reasons: the format is fine, we cannot read it.
    const known = readable.has(mimeType);
    throw new MediaUnusable(
      known ? 'damaged' : 'unsupported',
      known ? 'The image is damaged' : 'This image format cannot be read',
      { cause },
    );
  };
  const facts: Metadata = await sharp(path, options).metadata().catch(fail);
  const { width, height } = facts.autoOrient;
  if (width * height > maxPixels) {
    throw new MediaUnusable('too_many_pixels', 'The image has more pixels than are decoded', {
      detail: `${width} x ${height} pixels`,
    });
  }
  const bytes = await sharp(path, { ...options, limitInputPixels: maxPixels })
    .autoOrient()
    .resize({ width: longEdge, height: longEdge, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' })
    .jpeg({ quality: 85 })
    .toBuffer()
    .catch(fail);
  return { bytes, mimeType: 'image/jpeg', width, height, format: facts.format };
}

async function typeOf(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4100), 0, 4100, 0);
  if (bytesRead === 0) throw new MediaUnusable('empty', 'The image has no content');
  return (await fileTypeFromBuffer(buffer.subarray(0, bytesRead)))?.mime ?? '';
}
