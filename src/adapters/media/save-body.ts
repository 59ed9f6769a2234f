import { open, rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { MediaUnusable, ProviderUnavailable } from '#src/domain/errors.ts';
import type { FetchLimits } from './limits.ts';

/**
 * Writes a body to `target` and returns its size. Written beside it first: a file at `target` is always whole, also after a crash.
 * @param declaredBytes Content-Length, if there was one
 * @throws MediaUnusable `too_large`; ProviderUnavailable when it is cut short or trickles; whatever reading the body throws
 */
export async function saveBody(
  body: Readable,
  options: {
    readonly target: string;
    readonly maxBytes: number;
    readonly declaredBytes: number | undefined;
    readonly limits: Pick<FetchLimits, 'windowMs' | 'leastBytes'>;
  },
): Promise<number> {
  const { target, maxBytes, declaredBytes, limits } = options;
  const unfinished = `${target}.part`;
  const file = await open(unfinished, 'w', 0o600);
  let bytes = 0;
  let bytesAtWindowStart = 0;
  const watch = setInterval(() => {
    if (bytes - bytesAtWindowStart < limits.leastBytes) {
      body.destroy(new ProviderUnavailable('The file comes too slowly', { vendorCode: 'slow' }));
    }
    bytesAtWindowStart = bytes;
  }, limits.windowMs);
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      // Leaving the loop closes the connection: an endless body ends here.
      if (bytes > maxBytes) throw tooLarge();
      await file.write(chunk);
    }
    if (declaredBytes !== undefined && bytes !== declaredBytes) {
      throw new ProviderUnavailable('The file was cut short', { vendorCode: 'cut_short' });
    }
    await file.close();
    await rename(unfinished, target);
    return bytes;
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    clearInterval(watch);
  }
}

/** The file is over the limit, announced or counted. */
export function tooLarge(): MediaUnusable {
  return new MediaUnusable('too_large', 'The file is over the size limit');
}
