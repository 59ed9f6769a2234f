import { AppError, ProviderRefused } from '#src/domain/errors.ts';
import type { BotDeps } from './deps.ts';

/** As long as our own copy of an export lasts, in milliseconds. */
const keptMs = 24 * 60 * 60_000;
/** What providers are asked to delete, one after the other, before it is stored that they did. */
const itemsAtOnce = 20;

/**
 * Has providers delete the files of ours that went out a day ago: what people were sent they have. What one of them does not delete
 * now is tried again the next time.
 */
export async function eraseOldUploads(
  { unitOfWork, channels, clock, log }: Pick<BotDeps, 'unitOfWork' | 'channels' | 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const before = new Date(clock.now().getTime() - keptMs);
  let after = '';
  for (;;) {
    const options = { after, limit: itemsAtOnce };
    const items = await unitOfWork.run((stores) => stores.uploads.olderThan(before, options));
    const last = items.at(-1);
    if (!last) return;
    after = last.id;
    const deleted: string[] = [];
    try {
      for (const { id, channel, ref } of items) {
        signal.throwIfAborted();
        // A channel may be configured again later; one that can delete nothing has no uploads.
        const erase = channels.get(channel)?.erase;
        if (!erase) continue;
        try {
          await erase({ providerIds: [], refs: [ref] }, { signal });
          deleted.push(id);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          log.warn({ err: error, channel }, 'an uploaded file could not be deleted at the provider');
          // It is down: there is no use in asking it for the others.
          if (!(error instanceof ProviderRefused)) return;
        }
      }
    } finally {
      await unitOfWork.run((stores) => stores.uploads.deleted(deleted));
    }
  }
}
