import type sharpFactory from 'sharp';
import { MediaUnusable } from '#src/domain/errors.ts';

/** Loaders a photo, sticker or scan needs. All others, SVG above all, cannot run: they read other files and draw endlessly. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((name) => `VipsForeignLoad${name}`);

/** Loads sharp with only the allowed formats. @throws MediaUnusable `unsupported` where it has no binary */
export async function loadSharp(): Promise<typeof sharpFactory> {
  const { default: sharp } = await import('sharp').catch((cause: unknown) => {
    throw new MediaUnusable('unsupported', 'The image reader cannot be loaded on this machine', { cause });
  });
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
  // A child reads one file and must stay small; nothing in it is ever asked for twice.
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}
